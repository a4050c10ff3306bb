# Offline, with both control sets
reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM
$sets = '001', '002', '003'
foreach ($set in $sets) {
    $path = "HKLM:\BROKENSYSTEM\ControlSet$set\Control\Terminal Server"
    if (Test-Path $path) {
        Set-ItemProperty -Path $path -Name fDenyTSConnections -Value 0 -Type DWord
        New-ItemProperty -Path $path -Name TSEnabled -PropertyType DWord -Value 1 -Force | Out-Null
    }
}
reg unload HKLM\BROKENSYSTEM
