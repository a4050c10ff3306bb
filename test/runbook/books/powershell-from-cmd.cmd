reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM
powershell -NoProfile -ExecutionPolicy Bypass -Command "Set-ItemProperty -Path 'HKLM:\BROKENSYSTEM\ControlSet001\Control\Lsa' -Name FromPs -Value 7 -Type DWord"
reg unload HKLM\BROKENSYSTEM
