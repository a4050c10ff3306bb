@echo off
rem Find the disk that holds the offline Windows
set OSDRIVE=
for %%d in (D E F G H) do if exist %%d:\Windows\System32\config\SYSTEM set OSDRIVE=%%d:
if "%OSDRIVE%"=="" (
  echo No offline Windows was found
  exit /b 1
)
echo Found %OSDRIVE%
reg load HKLM\OFFLINE "%OSDRIVE%\Windows\System32\config\SYSTEM"
if errorlevel 1 goto failed
for /f "tokens=3" %%c in ('reg query HKLM\OFFLINE\Select /v Current ^| find "REG_DWORD"') do set /a CS=%%c
set CSNAME=ControlSet00%CS%
call :service gpsvc 2
call :service TermService 3
reg unload HKLM\OFFLINE
goto :eof

:service
reg add "HKLM\OFFLINE\%CSNAME%\Services\%~1" /v Start /t REG_DWORD /d %~2 /f >nul
if not errorlevel 1 echo %~1 set to %~2
exit /b 0

:failed
echo The hive could not be loaded
exit /b 2
