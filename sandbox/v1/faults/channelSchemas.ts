import * as z from 'zod/v4';
import { CLOSE_REASON_BYTES } from '../closeReason';
import { UNEXPECTED_BODY } from '../../faults/common';
import { jsonObject } from '../../http/problems';
import { target } from './target';

const MEGABYTE = 1024 * 1024;

/** Longer strings come near to what Node can hold in one. */
const MAX_FRAME_BYTES = 256 * MEGABYTE;

/** RFC 6455, section 7.4: what may be in a close frame. */
const closeCode = z
	.number()
	.int()
	.refine(
		(code) => (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999),
		'Must be a code that a close frame may carry: 1000 to 1014 but 1004, 1005 and 1006, or 3000 to 4999',
	);

const closeReason = z
	.string()
	.refine(
		(reason) => Buffer.byteLength(reason) <= CLOSE_REASON_BYTES,
		`Must not be longer than ${CLOSE_REASON_BYTES} bytes`,
	);

/** Faults that only the runtime channel can have. */
export const channelSchemas = [
	/** Opens the channel without selecting the subprotocol. */
	z.object({ ...target, kind: z.literal('noSubprotocol') }).strict(),
	/**
	 * From this moment nothing is written or closed any more, and nothing that arrives is looked at: how a peer looks that
	 * lost its power. It ends when the client cuts the connection or the sandbox closes. A request is not processed; for
	 * `connect`, the channel opens first.
	 */
	z.object({ ...target, kind: z.literal('freeze') }).strict(),
	/** Processes the request and never answers it; the channel stays open. */
	z.object({ ...target, kind: z.literal('lostAnswer') }).strict(),
	/** Closes the channel cleanly in the place of the answer. */
	z
		.object({
			...target,
			kind: z.literal('close'),
			code: closeCode,
			reason: closeReason.default(''),
			/** Whether the request is processed before. */
			processed: z.boolean().default(false),
		})
		.strict(),
	/** Processes the request and answers with this: a string as it is, anything else as JSON. */
	z.object({ ...target, kind: z.literal('answer'), body: z.unknown().default(UNEXPECTED_BODY) }).strict(),
	/** The right answer, naming another session. */
	z.object({ ...target, kind: z.literal('wrongSession') }).strict(),
	/** The right answer, twice. */
	z
		.object({
			...target,
			kind: z.literal('twice'),
			/** Whether the second one is held back until the next request has arrived. */
			late: z.boolean().default(false),
		})
		.strict(),
	/** The right answer as a binary frame. */
	z.object({ ...target, kind: z.literal('binary') }).strict(),
	/** The right answer with a padding field of so many bytes. */
	z
		.object({
			...target,
			kind: z.literal('hugeFrame'),
			bytes: z
				.number()
				.int()
				.min(0)
				.max(MAX_FRAME_BYTES)
				.default(8 * MEGABYTE),
		})
		.strict(),
	/** Answers a state check as if the session were so; it is not changed. */
	z
		.object({
			...target,
			kind: z.literal('busy'),
			flowState: z.string().default('WAITING'),
			variables: jsonObject.default({}),
		})
		.strict(),
] as const;
