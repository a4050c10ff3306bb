$hive = @{ Name = 'HKLM\Rescue'; File = 'F:\Windows\System32\config\SYSTEM' }
reg load $hive.Name $hive.File
$sets = Get-ChildItem -Path 'HKLM:\Rescue' | Where-Object { $_.PSChildName -like 'ControlSet*' } | Select-Object -ExpandProperty PSChildName
foreach ($set in $sets) {
    $common = @{
        Path  = "HKLM:\Rescue\$set\Control\Terminal Server"
        Force = $true
    }
    Set-ItemProperty @common -Name 'fDenyTSConnections' -Value 0
    $tcp = "HKLM:\Rescue\$set\Control\Terminal Server\WinStations\RDP-Tcp"
    @(
        @{ Name = 'UserAuthentication'; Value = 0 },
        @{ Name = 'SecurityLayer'; Value = 1 },
        @{ Name = 'PortNumber'; Value = 3389 }
    ) | ForEach-Object { New-ItemProperty -Path $tcp @_ -PropertyType DWord -Force | Out-Null }
}
reg unload $hive.Name
