import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Bench } from '../bench';
import { withWorkplace } from '../service';
import { JsonFile, LinesFile } from './files';
import { CLAIM, OPEN, Place, PlaceWithoutIndexes } from './place';
import { PlainSqlite } from './plainSqlite';
import { RECORD, resultOf, textOf, type Measured } from './result';
import { Timed, timeInTurn } from './times';

const FEW = 1_000;
const MANY = 100_000;
/** Calls in each round, of what is quick and of what takes long. */
const CALLS = 20;

/** The session registry in SQLite, small and large, beside plainer ways to keep sessions on the same disk. */
export const registry: Bench = {
	name: 'registry',
	async run({ quick, report }) {
		const setup = { few: FEW, many: MANY, open: OPEN, claimedAtOnce: CLAIM, rounds: quick ? 2 : 50 };
		report(`Session registry: ${MANY} sessions, of which ${OPEN} are open; ${CLAIM} are claimed at once`);
		const results = await withWorkplace(async ({ folder }) => {
			const few = await Place.make(join(folder, 'few.sqlite'), FEW);
			const many = await Place.make(join(folder, 'many.sqlite'), MANY);
			const alternatives = await Alternatives.make(folder, many);
			const all = measured(few, many, alternatives);
			try {
				// One call after the other, the recording last: it opens sessions that the others would find.
				for (const { call, ...calls } of all) {
					report(`  ${call}`);
					await timeInTurn([calls.few, calls.many, ...Object.values(calls.alternatives)], setup.rounds);
				}
			} finally {
				await Promise.all([few.close(), many.close(), alternatives.close()]);
			}
			return all.map(resultOf);
		});
		return { setup, results, text: textOf(results, FEW, MANY) };
	},
};

function measured(few: Place, many: Place, alternatives: Alternatives): Measured[] {
	const { withoutIndexes, plainSqlite, linesFile, jsonFile } = alternatives;
	return [
		{
			call: `Claim ${CLAIM} expired sessions`,
			few: new Timed(() => few.claim(), CALLS),
			many: new Timed(() => many.claim(), CALLS),
			alternatives: { 'without indexes': new Timed(() => withoutIndexes.claim(), 1) },
		},
		{
			call: `List the ${OPEN} open sessions`,
			few: new Timed(() => few.open(), CALLS),
			many: new Timed(() => many.open(), CALLS),
			alternatives: { 'without indexes': new Timed(() => withoutIndexes.open(), 1) },
		},
		{
			call: RECORD,
			few: new Timed(() => few.record(), CALLS),
			many: new Timed(() => many.record(), CALLS),
			alternatives: {
				'SQLite as it comes (no WAL)': new Timed(() => plainSqlite.record(), CALLS),
				'a line in a file, with fsync': new Timed(() => linesFile.record(), CALLS),
				'one JSON file, written anew': new Timed(() => jsonFile.record(), 1),
			},
		},
		{
			call: 'Record and open it',
			few: new Timed(() => few.recordAndConfirm(), CALLS),
			many: new Timed(() => many.recordAndConfirm(), CALLS),
			alternatives: { 'SQLite as it comes (no WAL)': new Timed(() => plainSqlite.recordAndConfirm(), CALLS) },
		},
	];
}

/** What `many` is compared with, with the same sessions. */
class Alternatives {
	private constructor(
		readonly withoutIndexes: PlaceWithoutIndexes,
		readonly plainSqlite: PlainSqlite,
		readonly linesFile: LinesFile,
		readonly jsonFile: JsonFile,
	) {}

	static async make(folder: string, { file }: Place): Promise<Alternatives> {
		const copy = (name: string) => {
			const to = join(folder, name);
			for (const suffix of ['', '-wal']) copyFileSync(file + suffix, to + suffix);
			return to;
		};
		return new Alternatives(
			new PlaceWithoutIndexes(copy('without-indexes.sqlite')),
			new PlainSqlite(copy('plain.sqlite')),
			await LinesFile.make(join(folder, 'sessions.jsonl')),
			new JsonFile(join(folder, 'sessions.json'), MANY),
		);
	}

	async close(): Promise<void> {
		this.withoutIndexes.close();
		this.plainSqlite.close();
		await this.linesFile.close();
	}
}
