// Variables of PowerShell, scope in scope.

import { kept } from '../../parse/marks.ts';
import type { ScriptBlock } from '../../parse/powershell/ast.ts';
import { isWindowsVariable, WINDOWS_VALUES } from '../../parse/variable-names.ts';
import { PsError } from './flow.ts';
import { PsObject, type Scope, Unknown, type Value } from './values.ts';

/** What all scopes of a run share. */
export interface Globals {
  readonly isCmdExpansion: boolean;
  /** The disk has the letter C, which is otherwise the recovery machine's. */
  readonly isOnC: boolean;
  /** Environment variables that the script sets itself, by name in lower case. */
  readonly environment: Map<string, Value>;
  /** Variables that the script sets somewhere: before that they are $null. */
  readonly assigned: Set<string>;
  /** The script's file, for $MyInvocation. */
  readonly scriptName: string;
  /** The folder of the script, as it stands in paths. */
  readonly scriptRoot: string;
}

export class ScriptScope implements Scope {
  private readonly values = new Map<string, Value>();
  private readonly types = new Map<string, string>();
  private readonly functions = new Map<string, ScriptBlock>();
  private readonly parent: ScriptScope | null;
  private readonly globals: Globals;

  constructor(parent: ScriptScope | null, globals: Globals) {
    this.parent = parent;
    this.globals = globals;
  }

  child(): ScriptScope {
    return new ScriptScope(this, this.globals);
  }

  private get root(): ScriptScope {
    return this.parent?.root ?? this;
  }

  /** Undefined where nobody sets it. `name` is in lower case and may have a scope. */
  get(name: string): Value | undefined {
    const [scope, bare] = parted(name);
    if (scope === 'env') return this.environment(bare);
    if (scope === 'global' || scope === 'script') return this.root.values.get(bare);
    const own = this.found(bare);
    return own === undefined ? automatic(bare, this.globals, () => this.found('whatifpreference') === true) : own;
  }

  private found(name: string): Value | undefined {
    const own = this.values.get(name);
    return own === undefined && this.parent ? this.parent.found(name) : own;
  }

  private environment(name: string): Value {
    const own = this.globals.environment.get(name);
    if (own !== undefined) return own;
    const upper = name.toUpperCase();
    const isUsual = this.globals.isCmdExpansion || (upper === 'SYSTEMDRIVE' && !this.globals.isOnC);
    if (isUsual && upper in WINDOWS_VALUES) return WINDOWS_VALUES[upper]!;
    return isWindowsVariable(upper) ? kept(`%${upper}%`) : null;
  }

  set(name: string, value: Value): void {
    const [scope, bare] = parted(name);
    if (scope === 'env') this.globals.environment.set(bare, value);
    else if (scope === 'global' || scope === 'script') this.root.values.set(bare, value);
    else this.values.set(bare, value);
  }

  constrain(name: string, type: string): void {
    this.holder(name).types.set(parted(name)[1], type);
  }

  constraint(name: string): string | null {
    return this.holder(name).types.get(parted(name)[1]) ?? null;
  }

  private holder(name: string): ScriptScope {
    return /^(?:global|script)$/.test(parted(name)[0]) ? this.root : this;
  }

  /** From now on nobody here knows its value, wherever it was set. */
  forget(name: string, why: string, isElsewhere: boolean): void {
    const value = new Unknown(why, isElsewhere);
    for (let scope: ScriptScope | null = this; scope; scope = scope.parent)
      if (scope.values.has(name)) scope.values.set(name, value);
    this.values.set(name, value);
  }

  /** Whether the script sets a variable of that name anywhere. */
  isAssigned(name: string): boolean {
    return this.globals.assigned.has(parted(name)[1]);
  }

  noteAssigned(name: string): void {
    this.globals.assigned.add(name);
  }

  define(name: string, block: ScriptBlock): void {
    this.functions.set(name, block);
  }

  function(name: string): ScriptBlock | null {
    return this.functions.get(name) ?? this.parent?.function(name) ?? null;
  }
}

function parted(name: string): [string, string] {
  const match = /^(env|global|script|local|private|using|variable):(.+)$/.exec(name);
  return match ? [match[1]!, match[2]!] : ['', name];
}

/** Windows PowerShell 5.1, as which a script is run. */
function psVersion(): PsObject {
  const version = new PsObject('Version', { Major: 5, Minor: 1, Build: 19041, Revision: 1 }, '5.1.19041.1');
  return new PsObject('Hashtable', { PSVersion: version, PSEdition: 'Desktop' });
}

function automatic(name: string, globals: Globals, isWhatIf: () => boolean): Value | undefined {
  switch (name) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'null':
      return null;
    case 'psscriptroot':
      return globals.scriptRoot;
    case '?':
      return true;
    case 'lastexitcode':
      return 0;
    case 'erroractionpreference':
      return 'Continue';
    case 'error':
    case 'args':
    case 'psboundparameters':
      return [];
    case 'pscmdlet':
      return new PsObject('PSCmdlet', {}, '', {
        shouldprocess: () => !isWhatIf(),
        shouldcontinue: () => true,
        writeverbose: () => null,
        writewarning: () => null,
        writedebug: () => null,
        throwterminatingerror: ([error = null]) => {
          throw new PsError(error);
        },
      });
    case 'status_success':
      return '[STATUS]::SUCCESS';
    case 'status_error':
      return '[STATUS]::ERROR';
    case 'myinvocation': {
      const path = `${globals.scriptRoot}\\${globals.scriptName}`;
      const command = new PsObject('ScriptInfo', { Name: globals.scriptName, Path: path, Definition: path });
      return new PsObject('InvocationInfo', {
        MyCommand: command,
        ScriptName: path,
        InvocationName: globals.scriptName,
      });
    }
    case 'pscommandpath':
      return `${globals.scriptRoot}\\${globals.scriptName}`;
    case 'psversiontable':
      return psVersion();
    case 'host':
    case 'pid':
    case 'home':
    case 'pwd':
      return new Unknown(`$${name} is not known here.`, true);
    default:
      return undefined;
  }
}
