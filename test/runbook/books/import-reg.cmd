reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM
reg import F:\fix.reg
reg export HKLM\BROKENSYSTEM\ControlSet001\Control\Lsa C:\temp\lsa.reg
reg unload HKLM\BROKENSYSTEM
