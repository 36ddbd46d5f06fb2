import type { Sample } from './course';

/** Something that n8n must have let go of when all is over. */
export interface RestCheck {
	what: string;
	/** Before the load began. */
	before: number;
	/** When all that the load began had time to end. */
	after: number;
	/** The most that it may be. */
	limit: number;
	isBack: boolean;
}

/** What n8n opens at its first use and keeps, such as connections to its own database. */
const ALLOWED = 10;

const held: ReadonlyArray<readonly [string, (sample: Sample) => number]> = [
	['Handles', ({ handles }) => handles],
	['Connections to the services', ({ connections }) => connections],
	['File descriptors', ({ fileDescriptors }) => fileDescriptors],
];

export function restChecksOf(before: Sample, after: Sample): RestCheck[] {
	return held.map(([what, of]) => {
		const limit = of(before) + ALLOWED;
		return { what, before: of(before), after: of(after), limit, isBack: of(after) <= limit };
	});
}
