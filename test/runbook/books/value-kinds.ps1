reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM
$k = 'HKLM:\BROKENSYSTEM\ControlSet001\Control\Kinds'
New-Item -Path $k -Force | Out-Null
Set-ItemProperty $k Number 5
Set-ItemProperty $k Text '5'
Set-ItemProperty $k Hex 0xffffffff -Type DWord
New-ItemProperty $k Big -PropertyType QWord -Value 4294967296 | Out-Null
New-ItemProperty $k Many -PropertyType MultiString -Value @('one', 'two') | Out-Null
New-ItemProperty $k Raw -PropertyType Binary -Value ([byte[]](1, 2, 0xff)) | Out-Null
New-ItemProperty $k Expand -PropertyType ExpandString -Value '%SystemRoot%\x.dll' | Out-Null
Set-ItemProperty $k '(Default)' 'the default'
Clear-ItemProperty -Path $k -Name Text
Rename-ItemProperty -Path $k -Name Number -NewName Count
Remove-ItemProperty -Path $k -Name Hex
Get-ItemProperty $k | Format-List
reg unload HKLM\BROKENSYSTEM
