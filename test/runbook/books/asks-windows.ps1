$guest = Get-VM
if ($guest) {
    if ($guest.State -eq 'Running') {
        Write-Host "Stopping the nested guest"
        Stop-VM $guest -ErrorAction Stop -Force
    }
}
$disk = Get-Disk -ErrorAction Stop | Where-Object { $_.FriendlyName -eq 'Msft Virtual Disk' }
$disk | Set-Disk -IsOffline $false
$os = Get-CimInstance Win32_OperatingSystem
if ($os.ProductType -ne 1) { Restart-Service vmms }
reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM
reg add HKLM\BROKENSYSTEM\ControlSet001\Control\Lsa /v X /t REG_DWORD /d 1 /f
reg unload HKLM\BROKENSYSTEM
Stop-Service -Name 'TermService' -Force
