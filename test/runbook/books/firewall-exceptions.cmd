reg load HKLM\BROKENSYSTEM "F:\windows\system32\config\SYSTEM"
for %%s in (001 002 003) do (
  reg delete "HKLM\BROKENSYSTEM\ControlSet%%s\services\SharedAccess\Parameters\FirewallPolicy\PublicProfile" /v DoNotAllowExceptions
  reg add "HKLM\BROKENSYSTEM\ControlSet%%s\services\SharedAccess\Parameters\FirewallPolicy\StandardProfile" /v EnableFirewall /t REG_DWORD /d 0 /f
)
reg unload HKLM\BROKENSYSTEM
