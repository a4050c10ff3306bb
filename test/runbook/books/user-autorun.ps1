#Requires -RunAsAdministrator
[CmdletBinding()]
param(
    [string]$Root = 'F:\Users',
    [string[]]$Skip = @('Public', 'All Users')
)
$ErrorActionPreference = 'Stop'
New-PSDrive -PSProvider Registry -Name HKU -Root HKEY_USERS | Out-Null
$folders = Get-ChildItem -Path $Root -Directory | Where-Object { $Skip -notcontains $_.Name }
foreach ($folder in $folders) {
    $hive = Join-Path $folder.FullName 'NTUSER.DAT'
    if (-not (Test-Path -LiteralPath $hive)) {
        Write-Warning "$($folder.Name): no hive"
        continue
    }
    $name = "Temp_$($folder.Name)"
    $null = & reg.exe load "HKU\$name" "$hive" 2>&1
    if ($LASTEXITCODE -ne 0) { Write-Error "could not load $hive"; continue }
    try {
        $key = "HKU:\$name\Software\Microsoft\Windows\CurrentVersion\Policies\Explorer"
        if (!(Test-Path $key)) { New-Item -Path $key -Force | Out-Null }
        New-ItemProperty -Path $key -Name NoDriveTypeAutoRun -PropertyType DWord -Value 0xFF -Force | Out-Null
        Remove-ItemProperty -Path "HKU:\$name\Software\Microsoft\Windows\CurrentVersion\Run" -Name 'BadAgent' -ErrorAction SilentlyContinue
    }
    finally {
        [gc]::Collect()
        [gc]::WaitForPendingFinalizers()
        & reg.exe unload "HKU\$name" | Out-Null
    }
}
Remove-PSDrive -Name HKU
