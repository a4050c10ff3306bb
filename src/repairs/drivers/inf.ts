// What an INF file says of a driver: its service, its devices, and what it writes beside. Source: Microsoft's description of
// INF files.

/** A number that the driver's key gets besides. */
interface InfParameter {
  readonly path: readonly string[];
  readonly name: string;
  readonly number: number;
}

export interface InfDriver {
  readonly provider: string;
  /** '{4d36e97b-…}', lower case. */
  readonly classGuid: string;
  /** 'MM/DD/YYYY' and '100.94.104.24000'; '' where there is none. */
  readonly date: string;
  readonly version: string;
  readonly errorControl: number;
  readonly group: string;
  /** '<name>.sys'. */
  readonly file: string;
  readonly parameters: readonly InfParameter[];
  /** The section that installs it, and the devices that name it. */
  readonly section: string;
  /** 'PCI\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00', each once. */
  readonly ids: readonly string[];
}

/** Lines of each section by its name in lower case; a section may stand in several places. */
function sectionsOf(text: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const whole of text.split(/\r?\n/)) {
    const line = whole.replace(/^((?:[^";]|"[^"]*")*);.*$/, '$1').trim();
    const name = /^\[(.+)\]$/.exec(line)?.[1]?.toLowerCase();
    if (name === undefined) {
      if (line !== '') lines.push(line);
      continue;
    }
    lines = sections.get(name) ?? [];
    sections.set(name, lines);
  }
  return sections;
}

/** Fields between commas, quotes taken off. */
const fieldsOf = (line: string): string[] =>
  (line.match(/(?:[^,"]|"[^"]*")+/g) ?? []).map((field) => field.trim().replace(/^"(.*)"$/, '$1'));

const numberOf = (text: string | undefined): number | null =>
  text !== undefined && /^(?:0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : null;

/** REG_DWORD, as AddReg's flags say it. */
const IS_DWORD = 0x10001;

/** Null where the text is no INF that installs `service`. */
export function parseInf(text: string, service: string): InfDriver | null {
  const sections = sectionsOf(text);
  const strings = new Map(
    (sections.get('strings') ?? []).flatMap((line) => {
      const [, name, value] = /^([^=]+?)\s*=\s*"?(.*?)"?$/.exec(line) ?? [];
      return name === undefined ? [] : [[name.toLowerCase(), value ?? ''] as const];
    }),
  );
  const plain = (line: string): string =>
    line.replace(/%([^%\s]+)%/g, (whole, name: string) => strings.get(name.toLowerCase()) ?? whole);
  const linesOf = (name: string): string[] => (sections.get(name.toLowerCase()) ?? []).map(plain);
  const settingOf = (section: string, name: string): string => {
    const line = linesOf(section).find((one) => one.split('=')[0]!.trim().toLowerCase() === name);
    return (line?.slice(line.indexOf('=') + 1) ?? '').trim().replace(/^"(.*)"$/, '$1');
  };
  for (const [name, lines] of sections) {
    if (!name.endsWith('.services')) continue;
    const added = lines
      .map((line) => fieldsOf(plain(line).replace(/^addservice\s*=/i, '')))
      .find(([first]) => first?.toLowerCase() === service.toLowerCase());
    if (!added) continue;
    const own = added[2] ?? '';
    const section = name.slice(0, -'.services'.length).replace(/\.nt(?:amd64|x86|arm64)?$/, '');
    const [date = '', version = ''] = fieldsOf(settingOf('version', 'driverver'));
    const binary = settingOf(own, 'servicebinary');
    return {
      provider: settingOf('version', 'provider'),
      classGuid: settingOf('version', 'classguid').toLowerCase(),
      date,
      version,
      errorControl: numberOf(settingOf(own, 'errorcontrol')) ?? 1,
      group: settingOf(own, 'loadordergroup') || 'SCSI miniport',
      file: binary.slice(binary.lastIndexOf('\\') + 1) || `${service}.sys`,
      parameters: fieldsOf(settingOf(own, 'addreg')).flatMap((list) => linesOf(list).flatMap(parameterOf)),
      section,
      ids: [...new Set([...sections.keys()].flatMap((key) => linesOf(key)).flatMap((line) => idsOf(line, section)))],
    };
  }
  return null;
}

/** 'HKR, "Parameters", "BusType", 0x00010001, 1'. */
function parameterOf(line: string): InfParameter[] {
  const [root = '', path = '', name = '', flags, data] = fieldsOf(line);
  const number = numberOf(data);
  if (root.toUpperCase() !== 'HKR' || name === '' || number === null || numberOf(flags) !== IS_DWORD) return [];
  return [{ path: path.split('\\').filter((part) => part !== ''), name, number }];
}

/** '%Name% = section, PCI\…, PCI\…'. */
function idsOf(line: string, section: string): string[] {
  const [install, ...ids] = fieldsOf(line.slice(line.indexOf('=') + 1));
  return install?.toLowerCase() === section
    ? ids.filter((id) => /^PCI\\VEN_/i.test(id)).map((id) => id.toUpperCase())
    : [];
}
