cd /d F:\Windows\System32\config
ren SOFTWARE SOFTWARE.broken
copy RegBack\SOFTWARE .
