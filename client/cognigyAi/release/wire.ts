import * as z from 'zod/v4';

import { isJsonObject } from '../../validation/fields';
import { id, looseText, timeOf } from '../wire';

const looseNumber = z.number().nullish().catch(undefined);

/**
 * A task, as the call that begins it answers, and as it is read (docs/protocol-cognigy-ai.md#tasks). Fields that are odd count
 * as missing: all that must be there is its id.
 */
export const taskSchema = z
	.object({
		_id: id,
		name: looseText,
		type: looseText,
		status: looseText,
		progress: looseNumber,
		currentStep: looseNumber,
		totalStep: looseNumber,
		failReason: looseText,
		data: z.unknown(),
		createdAt: z.unknown().transform(timeOf),
	})
	.transform(({ _id, name, type, status, failReason, data, createdAt, ...steps }) => ({
		taskId: _id,
		name: name || type,
		status,
		failReason,
		createdAt,
		progress: progressOf(steps),
		data: idsIn(data),
	}));
export type Task = z.output<typeof taskSchema>;

interface Steps {
	progress?: number | null | undefined;
	currentStep?: number | null | undefined;
	totalStep?: number | null | undefined;
}

/** In percent: newer versions tell it, older ones count steps. */
function progressOf({ progress, currentStep, totalStep }: Steps): number | null {
	if (typeof progress === 'number') return progress;
	return typeof currentStep === 'number' && totalStep ? Math.round((100 * currentStep) / totalStep) : null;
}

/** Only ids: whatever else there is may be a secret. */
function idsIn(data: unknown): Record<string, string> {
	if (!isJsonObject(data)) return {};
	const ids = Object.entries(data).filter(
		(entry): entry is [string, string] => /Id$/.test(entry[0]) && typeof entry[1] === 'string',
	);
	return Object.fromEntries(ids.filter(([, value]) => /^[\w-]{1,100}$/.test(value)));
}

/** What is in a snapshot. */
export const resourceSchema = z.object({ referenceId: looseText });

/** The link is a secret: whoever has it may have the file, once. */
export const linkSchema = z.object({ downloadLink: z.string('must be text').min(1, 'is empty') });
