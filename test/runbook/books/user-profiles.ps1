New-PSDrive -Name HKU -PSProvider Registry -Root HKEY_USERS | Out-Null
Get-ChildItem -Path 'F:\Users' -Directory | ForEach-Object {
    $dat = Join-Path $_.FullName 'NTUSER.DAT'
    if (Test-Path $dat) {
        reg load "HKU\$($_.Name)" "$dat" | Out-Null
        $run = "HKU:\$($_.Name)\Software\Microsoft\Windows\CurrentVersion\Run"
        if (-not (Test-Path $run)) { New-Item -Path $run -Force | Out-Null }
        New-ItemProperty -Path $run -Name 'Cleaner' -PropertyType String -Value 'off' -Force | Out-Null
        reg unload "HKU\$($_.Name)" | Out-Null
    }
}
