setlocal EnableDelayedExpansion
set "list=TermService:3,SessionEnv:3,UmRdpService:3"
reg load HKLM\SV F:\Windows\System32\config\SYSTEM
:next
for /f "tokens=1* delims=," %%a in ("!list!") do (
  for /f "tokens=1,2 delims=:" %%s in ("%%a") do (
    echo %%s to %%t
    reg add HKLM\SV\ControlSet001\Services\%%s /v Start /t REG_DWORD /d %%t /f
  )
  set "list=%%b"
)
if defined list goto next
reg unload HKLM\SV
