cd F:\Windows\System32\config
copy SYSTEM SYSTEM.bak
reg load HKLM\AL .\SYSTEM
gci HKLM:\AL | select -exp PSChildName | ?{ $_ -match '^ControlSet\d{3}$' } | %{
  $cs=$_
  sp "HKLM:\AL\$cs\Control\Terminal Server" fDenyTSConnections 0
  rp "HKLM:\AL\$cs\Control\Terminal Server\WinStations\RDP-Tcp" SSLCertificateSHA1Hash -ea 0
  if((gp "HKLM:\AL\$cs\Control\Terminal Server\WinStations\RDP-Tcp").PortNumber -ne 3389){ sp "HKLM:\AL\$cs\Control\Terminal Server\WinStations\RDP-Tcp" PortNumber 3389 }
}
reg unload HKLM\AL
ls *.bak | measure | select -exp Count
