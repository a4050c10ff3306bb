@echo off
if not "%~1"=="" set DRIVE=%~1
if not defined DRIVE set DRIVE=F:
if /i %DRIVE%==f: (echo default drive) else echo other drive
if exist E:\nothing echo never
reg load HKLM\BROKENSYSTEM %DRIVE%\Windows\System32\config\SYSTEM
if %ERRORLEVEL% EQU 0 (
  if exist "%DRIVE%\Windows\System32\drivers\bad.sys" (
    reg delete "HKLM\BROKENSYSTEM\ControlSet001\Services\bad" /f 2>nul
    move /y "%DRIVE%\Windows\System32\drivers\bad.sys" "%DRIVE%\Windows\System32\drivers\bad.sys.off" >nul
  ) else (
    echo no driver
  )
)
reg unload HKLM\BROKENSYSTEM
