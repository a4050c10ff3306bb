bcdedit /store F:\boot\bcd /set {bootmgr} device partition=F:
bcdedit /store F:\boot\bcd /set {<Identifier>} device partition=F:
bcdedit /store F:\boot\bcd /set {<Identifier>} osdevice partition=F:
