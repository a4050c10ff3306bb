// The script that reads and writes a security descriptor's bytes on Windows. .NET's own FileSecurity re-orders what it
// reads, and icacls /save keeps neither owner nor SACL, so the kernel is asked directly. What varies (the request and
// the path) comes by standard input, so that no path is ever part of a command line.

/**
 * Standard input: a line `read` or `write <hex>`, then a line with the path (UTF-16LE, base64). Standard output: a line
 * `OK <hex>`, `OK`, or `ERR <Win32 error>`. The file is opened itself, never what it links to. On writing, an
 * auto-inherited list stays so only if it is asked for again (the two *_INHERIT_REQ bits).
 */
export const POWERSHELL_SCRIPT = `
$ErrorActionPreference = 'Stop'
Add-Type -TypeDefinition @'
using System;
using System.Runtime.InteropServices;
public static class Descriptor {
  [DllImport("kernel32", SetLastError=true, CharSet=CharSet.Unicode)]
  static extern IntPtr CreateFileW(string path, uint access, uint share, IntPtr sa, uint how, uint flags, IntPtr t);
  [DllImport("kernel32")] static extern bool CloseHandle(IntPtr h);
  [DllImport("kernel32")] static extern IntPtr GetCurrentProcess();
  [DllImport("advapi32", SetLastError=true)]
  static extern bool GetKernelObjectSecurity(IntPtr h, uint parts, byte[] sd, uint size, out uint needed);
  [DllImport("advapi32", SetLastError=true)]
  static extern bool SetKernelObjectSecurity(IntPtr h, uint parts, byte[] sd);
  [DllImport("advapi32", SetLastError=true)]
  static extern bool OpenProcessToken(IntPtr process, uint access, out IntPtr token);
  [DllImport("advapi32", SetLastError=true, CharSet=CharSet.Unicode)]
  static extern bool LookupPrivilegeValueW(string system, string name, out long luid);
  [StructLayout(LayoutKind.Sequential, Pack=4)]
  struct Privilege { public uint Count; public long Luid; public uint Attributes; }
  [DllImport("advapi32", SetLastError=true)]
  static extern bool AdjustTokenPrivileges(IntPtr token, bool none, ref Privilege p, uint size, IntPtr old, IntPtr len);
  public static void Enable() {
    IntPtr token;
    if (!OpenProcessToken(GetCurrentProcess(), 0x28, out token)) return;
    string[] names = { "SeBackupPrivilege", "SeRestorePrivilege", "SeTakeOwnershipPrivilege", "SeSecurityPrivilege" };
    foreach (string name in names) {
      Privilege p = new Privilege { Count = 1, Attributes = 2 };
      if (LookupPrivilegeValueW(null, name, out p.Luid)) AdjustTokenPrivileges(token, false, ref p, 0, IntPtr.Zero, IntPtr.Zero);
    }
    CloseHandle(token);
  }
  const uint All = 0x1F;
  static IntPtr Open(string path, uint access, out int error) {
    IntPtr h = CreateFileW(path, access, 7, IntPtr.Zero, 3, 0x02200000, IntPtr.Zero);
    error = h == new IntPtr(-1) ? Marshal.GetLastWin32Error() : 0;
    return h;
  }
  public static byte[] Read(string path, out int error) {
    IntPtr h = Open(path, 0x01020000, out error);
    if (error != 0) return null;
    try {
      uint needed;
      GetKernelObjectSecurity(h, All, new byte[0], 0, out needed);
      byte[] sd = new byte[needed];
      if (!GetKernelObjectSecurity(h, All, sd, needed, out needed)) { error = Marshal.GetLastWin32Error(); return null; }
      return sd;
    } finally { CloseHandle(h); }
  }
  public static int Write(string path, byte[] sd) {
    int error;
    IntPtr h = Open(path, 0x010E0000, out error);
    if (error != 0) return error;
    try {
      ushort control = BitConverter.ToUInt16(sd, 2);
      uint parts = 0;
      if (BitConverter.ToUInt32(sd, 4) != 0) parts |= 1;
      if (BitConverter.ToUInt32(sd, 8) != 0) parts |= 2;
      parts |= 4 | ((control & 0x1000) != 0 ? 0x80000000u : 0x20000000u);
      if ((control & 0x10) != 0) parts |= 8 | 16 | ((control & 0x2000) != 0 ? 0x40000000u : 0x10000000u);
      byte[] asked = (byte[])sd.Clone();
      if ((control & 0x400) != 0) asked[3] |= 1;
      if ((control & 0x800) != 0) asked[3] |= 2;
      return SetKernelObjectSecurity(h, parts, asked) ? 0 : Marshal.GetLastWin32Error();
    } finally { CloseHandle(h); }
  }
}
'@
$request = [Console]::In.ReadLine()
$path = [Text.Encoding]::Unicode.GetString([Convert]::FromBase64String([Console]::In.ReadLine()))
if (-not $path.StartsWith('\\\\')) { $path = '\\\\?\\' + $path }
[Descriptor]::Enable()
$code = 0
if ($request -eq 'read') {
  $sd = [Descriptor]::Read($path, [ref]$code)
  if ($code -eq 0) { 'OK ' + [BitConverter]::ToString($sd).Replace('-', '').ToLower() }
} else {
  $hex = $request.Substring(6)
  $sd = New-Object byte[] ($hex.Length / 2)
  for ($i = 0; $i -lt $sd.Length; $i++) { $sd[$i] = [Convert]::ToByte($hex.Substring(2 * $i, 2), 16) }
  $code = [Descriptor]::Write($path, $sd)
  if ($code -eq 0) { 'OK' }
}
if ($code -ne 0) { 'ERR ' + $code }
`;
