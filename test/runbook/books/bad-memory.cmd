bcdedit /store F:\boot\bcd /enum {badmemory}
bcdedit /store F:\boot\bcd /deletevalue {badmemory} badmemorylist
