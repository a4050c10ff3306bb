// Keys of the registry as PowerShell names them.

/** The key's text of `HKLM:\...`, `HKLM:...`, `HKLM\...` and `Registry::HKEY_...`; null for what is a path of files. */
export function registryPath(text: string): string | null {
  const provided = /^(?:Microsoft\.PowerShell\.Core\\)?Registry::\\*(.*)$/i.exec(text.trim());
  const bare = (provided?.[1] ?? text.trim()).replaceAll('/', '\\').replace(/\\+$/, '');
  const drive = /^(HKLM|HKCU|HKCR|HKU|HKCC|HKEY_[A-Z_]+)(?::?\\+|:)(.*)$/i.exec(bare);
  if (drive) return `${drive[1]}\\${drive[2]!.replace(/\\{2,}/g, '\\')}`;
  return /^(?:HKLM|HKCU|HKCR|HKU|HKCC|HKEY_[A-Z_]+):?$/i.test(bare) ? bare.replace(/:$/, '') : null;
}

/** A key without the colon of its drive, which PowerShell takes for a file. */
export function lacksDrive(text: string): boolean {
  return /^(?:HKLM|HKCU|HKCR|HKU|HKCC|HKEY_[A-Z_]+)\\/i.test(text.trim());
}
