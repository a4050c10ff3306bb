set "EXE=C:\Program Files\Vendor Agent\agent.exe"
reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM
reg add "HKLM\BROKENSYSTEM\ControlSet001\Services\VendorAgent" /v ImagePath /t REG_EXPAND_SZ /d "\"%EXE%\" -service" /f
reg add "HKLM\BROKENSYSTEM\ControlSet001\Services\VendorAgent" /v Start /t REG_DWORD /d 0x2 /f
reg add "HKLM\BROKENSYSTEM\ControlSet001\Services\VendorAgent" /v DependOnService /t REG_MULTI_SZ /d "RpcSs\0Tcpip" /f
reg unload HKLM\BROKENSYSTEM
