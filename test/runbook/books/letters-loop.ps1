# Finds the attached disk and enables the DHCP client
$diskb = "000"
$letters = "d","e","f","g"
foreach ($letter in $letters)
{
    if (Test-Path -Path "$($letter):\Windows")
    {
        $diskb = $letter
    }
}
if ($diskb -eq "000") { Write-Output "NO OFFLINE WINDOWS, EXITING"; Start-Sleep 10; Exit }

reg load "HKLM\BROKENSYSTEM" "$($diskb):\Windows\System32\config\SYSTEM"
reg export "HKLM\BROKENSYSTEM\ControlSet001\Services\Dhcp" "$($diskb):\backup.reg" /y
reg add "HKLM\BROKENSYSTEM\ControlSet001\services\DHCP" /v start /t REG_DWORD /d 2 /f
reg add "HKLM\BROKENSYSTEM\ControlSet001\services\DHCP" /v ObjectName /t REG_SZ /d "NT Authority\LocalService" /f
reg.exe unload "HKLM\BROKENSYSTEM"
Write-Output "done"
Start-Sleep 10
