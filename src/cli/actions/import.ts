// import: a .reg or XML file into a hive, or a new hive of it.

import { readNamedFile } from '../../base/read-file.ts';
import { importEdits, importNewHive } from '../../commands/import.ts';
import { PreparedCommit } from '../../session/prepared.ts';
import { Session } from '../../session/session.ts';
import { confirmAndCommit, refuseReadOnly } from '../ask.ts';
import { sessionOptions, type WritingOptions } from '../options.ts';
import { writeOutputFile } from '../output.ts';
import { blankReport, type CliResult } from '../print.ts';
import type { CliContext } from '../terminal.ts';

/** As commander gives them. */
interface ImportOptions extends WritingOptions {
  readonly prefix?: string;
  readonly codePage?: string;
  readonly new?: boolean;
  readonly minor?: number;
  readonly force?: boolean;
}

export function importFile(context: CliContext, words: readonly string[], options: ImportOptions): CliResult {
  const [hivePath, filePath] = words as [string, string];
  refuseReadOnly(context.terminal, options);
  const { host } = context;
  const file = readNamedFile(host.fs, filePath);
  const how = {
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    ...(options.codePage === undefined ? {} : { codePage: options.codePage }),
  };
  if (options.new) {
    using made = importNewHive(host.engine, file, {
      name: hivePath,
      filetime: host.now(),
      ...how,
      ...(options.minor === undefined ? {} : { minor: options.minor }),
    });
    if (!options.dryRun) writeOutputFile(host, hivePath, made.image(), { force: options.force === true, volumes: [] });
    const report = { ...blankReport(context, 'import'), dryRun: options.dryRun === true };
    return { exitCode: 0, stdout: `${options.dryRun ? 'would build' : 'built'} ${hivePath}\n`, stderr: '', report };
  }
  const session = Session.overFiles(host, [{ name: 'HIVE', path: hivePath }], sessionOptions(options));
  try {
    const edits = importEdits(file, session.view('HIVE'), how);
    session.apply(edits);
    const proof = session.prove();
    using prepared = new PreparedCommit(session, proof, {
      command: 'import',
      ...(options.note === undefined ? {} : { note: options.note }),
      machine: null,
      outcomes: [{ name: `import ${filePath}`, controlSet: null, state: 'planned', changes: session.changes }],
      findings: [...session.loadFindings(), ...proof.findings],
      skipped: [],
      isWhole: true,
      edits,
      why: edits.map(() => `said by ${filePath}`),
      options: {},
    });
    return confirmAndCommit(context, prepared, [], options);
  } finally {
    session.close();
  }
}
