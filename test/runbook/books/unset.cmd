reg load HKLM\BROKENSYSTEM %TARGET%\Windows\System32\config\SYSTEM
reg add HKLM\BROKENSYSTEM\ControlSet001\Control\Lsa /v X /t REG_DWORD /d 1 /f
