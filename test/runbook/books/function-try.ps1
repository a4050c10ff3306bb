<#
.SYNOPSIS
  Sets the start of services on an offline disk.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $false)][string]$Drive = 'F',
    [switch]$Quiet
)

$ErrorActionPreference = 'Stop'

function Set-OfflineStart {
    param(
        [Parameter(Mandatory = $true)][string]$Name,
        [ValidateSet(0, 1, 2, 3, 4)][int]$Start = 3
    )
    $path = "HKLM:\OFFLINE\$script:set\Services\$Name"
    if (-not (Test-Path -LiteralPath $path)) {
        Write-Warning "$Name is not there"
        return $false
    }
    Set-ItemProperty -LiteralPath $path -Name 'Start' -Value $Start -Type DWord
    return $true
}

try {
    & reg.exe load HKLM\OFFLINE "$($Drive):\Windows\System32\config\SYSTEM" | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "load failed: $LASTEXITCODE" }
    $current = (Get-ItemProperty -Path 'HKLM:\OFFLINE\Select').Current
    $script:set = 'ControlSet{0:D3}' -f $current
    $wanted = [ordered]@{ TermService = 3; gpsvc = 4; NoSuchService = 2 }
    foreach ($entry in $wanted.GetEnumerator()) {
        $ok = Set-OfflineStart -Name $entry.Key -Start $entry.Value
        if ($ok -and -not $Quiet) { Write-Host "$($entry.Key) -> $($entry.Value)" }
    }
}
catch {
    Write-Host "failed: $($_.Exception.Message)" -ForegroundColor Red
    exit 1
}
finally {
    [gc]::Collect()
    & reg.exe unload HKLM\OFFLINE | Out-Null
}
