import { buttonLine } from './buttons';
import { fieldsOf, join, textOf } from './fields';

/** A question with answers to choose from: `Which colour?`, and below it `[Red] [Blue]`. */
export function summariseQuickReplies(value: unknown): string {
	const { text, quickReplies } = fieldsOf(value);
	return join([textOf(text), buttonLine(quickReplies)], '\n');
}
