import * as z from 'zod/v4';
import { wording } from '../../http/problems';
import type { FrameOperation } from '../contract';
import { FrameRefusal } from '../operations/frameCall';
import { resetRequest } from '../operations/reset';
import { stateCheckRequest } from '../operations/stateCheck';

/** Everything that a client may ask for. */
const frameSchema = z.discriminatedUnion('type', [resetRequest, stateCheckRequest]);
export type FrameRequest = z.output<typeof frameSchema>;

const OPERATION_OF_TYPE = new Map<unknown, FrameOperation>([
	['SEND', 'reset'],
	['QUERY', 'stateCheck'],
]);

/** A frame that arrived, and what was recognised in it. */
export interface ReadFrame {
	operation: FrameOperation | 'other';
	sessionId: string | null;
	/** The JSON that was sent; undefined: none. */
	body: unknown;
	/** What is asked for, or why that cannot be done. */
	content: FrameRequest | FrameRefusal;
}

/** Reads a frame. What cannot be read at all is refused with 1003, what the contract does not allow with 1008. */
export function readFrame(data: Buffer, isBinary: boolean): ReadFrame {
	if (isBinary) return unreadable(undefined, 'Only text frames are understood.');
	let json: unknown;
	try {
		json = JSON.parse(data.toString());
	} catch {
		return unreadable(undefined, 'The frame is not JSON.');
	}
	if (!isObject(json)) return unreadable(json, 'The frame is not a JSON object.');

	const result = frameSchema.safeParse(json, { error: wording });
	return {
		operation: OPERATION_OF_TYPE.get(json.type) ?? 'other',
		sessionId: typeof json.sessionId === 'string' ? json.sessionId : null,
		body: json,
		content: result.success ? result.data : new FrameRefusal(1008, problemsOf(result.error)),
	};
}

function unreadable(body: unknown, problem: string): ReadFrame {
	return { operation: 'other', sessionId: null, body, content: new FrameRefusal(1003, problem) };
}

function problemsOf({ issues }: z.ZodError): string {
	return issues.map(({ path, message }) => `${path.join('.') || 'The frame'}: ${message}`).join('; ');
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
