import { shapes } from '../../sandbox/cognigyAi/flows';
import readings from '../fixtures/cognigyAi/readings.json';

/** How a turn of a shape that the sandbox can say is to be read. */
export interface Reading {
	shape: string;
	/** The public material that shows the shape; the words are ours. */
	source: string;
	/** What the reply must be, white space before line breaks and at its ends apart. */
	reply?: string;
	/** What must be in the reply. */
	see?: string[];
	/** What must not. */
	not?: string[];
	/** How many messages with text there are. */
	messages?: number;
	/** What must be in the messages; those of agents are no part of the reply. */
	messageText?: string[];
}

export const allReadings: readonly Reading[] = readings;

export function outputsOf(shape: string) {
	const outputs = shapes[shape];
	if (!outputs) throw new Error(`The sandbox does not know the shape ${shape}`);
	return outputs;
}

/** What no flow has said, but programs that join what is not there do. */
const MADE_UP = /\bundefined\b|\bnull\b|\[object|\[\]|\bNaN\b/;

/** Holds what came out of a turn against what a person would have read. */
export function expectReading(
	reading: Reading,
	said: ReadonlyArray<{ text: string; type: string }>,
	reply: string,
): void {
	const withText = said.filter(({ text }) => text !== '');
	const texts = withText.map(({ text }) => text).join('\n');
	if (reading.reply !== undefined) expect(tidy(reply)).toBe(tidy(reading.reply));
	for (const words of reading.see ?? []) expect(reply).toContain(words);
	for (const words of reading.not ?? []) expect(texts).not.toContain(words);
	for (const words of reading.messageText ?? []) expect(texts).toContain(words);
	if (reading.messages !== undefined) expect(withText).toHaveLength(reading.messages);
	expect(texts).not.toMatch(MADE_UP);
}

function tidy(text: string): string {
	return text.replace(/[^\S\n]+$/gm, '').trim();
}
