@echo off
reg load HKLM\SYS F:\Windows\System32\config\SYSTEM
call :set "Control\Lsa" LimitBlankPasswordUse 1
call:set "Control\Terminal Server" fDenyTSConnections 0
call :all Winlogon one two three
reg unload HKLM\SYS
goto:eof
:set
for %%s in (001 002) do (
  reg query "HKLM\SYS\ControlSet%%s" >nul 2>nul
  if not errorlevel 1 reg add "HKLM\SYS\ControlSet%%s\%~1" /v %2 /t REG_DWORD /d %3 /f
)
goto:eof
:all
set REST=
:next
shift
if "%~1"=="" exit /b
set REST=%REST%%~1;
goto next
