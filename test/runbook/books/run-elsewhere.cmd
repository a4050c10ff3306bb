chkdsk F: /f
sfc /scannow /offbootdir=F:\ /offwindir=F:\Windows
dism /image:F:\ /cleanup-image /revertpendingactions
reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM
reg add HKLM\BROKENSYSTEM\ControlSet001\Control\Lsa /v X /t REG_DWORD /d 1 /f
reg unload HKLM\BROKENSYSTEM
