@echo off & setlocal enableextensions
if [%1]==[] (set tgt=F:) else set tgt=%1
for %%f in (system software) do (
   reg load HKLM\tmp_%%f %tgt%\windows\system32\config\%%f
   if not errorlevel 1 call :clean_%%f
   reg unload HKLM\tmp_%%f
)
goto :eof
:clean_system
for /l %%n in (1,1,3) do (
  reg query HKLM\tmp_system\ControlSet00%%n >nul 2>nul && (
    for %%s in (evilflt vmci vsock) do reg add "HKLM\tmp_system\ControlSet00%%n\Services\%%s" /v Start /t REG_DWORD /d 4 /f
  )
)
goto :eof
:clean_software
reg delete "HKLM\tmp_software\Microsoft\Windows\CurrentVersion\Run" /v Malware /f
exit /b 0
