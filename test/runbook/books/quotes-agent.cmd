@echo off
set "exe=%ProgramFiles%\Vendor Tool\agent.exe"
set svc=HKLM\Q\ControlSet001\Services\VendorAgent
reg load HKLM\Q "F:\Windows\System32\config\SYSTEM"
reg add %svc% /v ImagePath /t REG_EXPAND_SZ /d "\"%exe%\" -k \"quiet mode\"" /f
reg add %svc% /v Start /t REG_DWORD /d 0x2 /f
reg add %svc% /v Type /t REG_DWORD /d 16 /f
reg add %svc% /v DependOnService /t REG_MULTI_SZ /d RpcSs\0Tcpip /f
reg add "%svc%\Parameters" /ve /d "C:\Dir with space\\" /f
reg add "%svc%\Parameters" /v "a^b&c" /d "x|y>z" /f
reg unload HKLM\Q
