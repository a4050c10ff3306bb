setlocal enabledelayedexpansion
set DISK=F:
reg load HKLM\BROKENSYSTEM %DISK%\Windows\System32\config\SYSTEM
for /f "tokens=3" %%c in ('reg query HKLM\BROKENSYSTEM\Select /v Current ^| find "Current"') do set SET=%%c
echo Current is %SET%
if "%SET%"=="0x1" (
  reg add HKLM\BROKENSYSTEM\ControlSet001\Services\TermService /v Start /t REG_DWORD /d 3 /f
) else (
  reg add HKLM\BROKENSYSTEM\ControlSet002\Services\TermService /v Start /t REG_DWORD /d 4 /f
)
reg unload HKLM\BROKENSYSTEM
