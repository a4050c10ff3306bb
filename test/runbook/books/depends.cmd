reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM
set /p CONTINUE=Continue? 
if /i "%CONTINUE%"=="y" reg add HKLM\BROKENSYSTEM\ControlSet001\Control\Lsa /v X /t REG_DWORD /d 1 /f
reg add HKLM\BROKENSYSTEM\ControlSet001\Control\Lsa /v Y /t REG_DWORD /d 1 /f
reg unload HKLM\BROKENSYSTEM
