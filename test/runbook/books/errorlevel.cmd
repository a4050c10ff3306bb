reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM
reg query HKLM\BROKENSYSTEM\ControlSet001\Control\NoSuchKey >nul 2>nul
if errorlevel 1 reg add HKLM\BROKENSYSTEM\ControlSet001\Control\NoSuchKey /v Made /t REG_SZ /d yes /f
reg query HKLM\BROKENSYSTEM\ControlSet001\Control\NoSuchKey /v Made && reg add HKLM\BROKENSYSTEM\ControlSet001\Control\NoSuchKey /v Seen /t REG_SZ /d yes /f
reg query HKLM\BROKENSYSTEM\ControlSet001\Control\NoSuchKey /v Other || reg add HKLM\BROKENSYSTEM\ControlSet001\Control\NoSuchKey /v Missed /t REG_SZ /d yes /f
