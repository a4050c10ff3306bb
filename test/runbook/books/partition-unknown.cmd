bcdedit /store F:\boot\bcd /set {<Identifier>} osdevice partition=Q:
