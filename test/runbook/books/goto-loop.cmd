@echo off
set N=1
:again
reg add HKLM\BROKENSYSTEM\ControlSet001\Control\Test /v Value%N% /t REG_DWORD /d %N% /f >nul 2>&1
set /a N=N+1
if %N% leq 3 goto again
call :last
goto :eof
:last
reg add HKLM\BROKENSYSTEM\ControlSet001\Control\Test /v Last /d done /f
exit /b 0
