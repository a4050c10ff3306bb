. .\src\windows\common\setup\init.ps1
. .\src\windows\common\helpers\Get-Disk-Partitions.ps1

$partitionlist = Get-Disk-Partitions
forEach ( $partitionGroup in $partitionlist | group DiskNumber )
{
    $isBcdPath = $false
    $bcdPath = ''
    $isOsPath = $false
    ForEach ($drive in $partitionGroup.Group | select -ExpandProperty DriveLetter )
    {
        if ( -not $isBcdPath )
        {
            $bcdPath =  $drive + ':\boot\bcd'
            $isBcdPath = Test-Path $bcdPath
            if ( -not $isBcdPath )
            {
                $bcdPath =  $drive + ':\efi\microsoft\boot\bcd'
                $isBcdPath = Test-Path $bcdPath
            }
        }
        if (-not $isOsPath)
        {
            $isOsPath = Test-Path ($drive + ':\windows\system32\config\SYSTEM')
        }
    }
    if ( $isBcdPath -and $isOsPath )
    {
        Log-Info "setting recovery for $bcdPath" | Out-File -FilePath "$env:PUBLIC\Desktop\log.txt" -Append
        $bcdout = bcdedit /store $bcdPath /enum bootmgr /v
        $defaultLine = $bcdout | Select-String 'displayorder' | select -First 1
        $defaultId = '{'+$defaultLine.ToString().Split('{}')[1] + '}'
        bcdedit /store $bcdPath /default $defaultId
        bcdedit /store $bcdPath /set $defaultId  bootstatuspolicy IgnoreAllFailures
        return $STATUS_SUCCESS
    }
}
Log-Error "Unable to find the BCD Path"
return $STATUS_ERROR
