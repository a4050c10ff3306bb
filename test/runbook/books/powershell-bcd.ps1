bcdedit /store F:\boot\bcd /set '{bootmgr}' timeout 12
bcdedit /store F:\boot\bcd /ems '{default}' on
