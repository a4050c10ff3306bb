if not exist F:\Windows\System32\drivers\old md F:\Windows\System32\drivers\old
if exist F:\Windows\System32\drivers\bad.sys (
  copy F:\Windows\System32\drivers\bad.sys F:\Windows\System32\drivers\old\
  del /q F:\Windows\System32\drivers\bad.sys
)
copy /y F:\Windows\System32\drivers\good.sys F:\Windows\System32\drivers\bad.sys
ren F:\Windows\System32\drivers\log.txt log.old
