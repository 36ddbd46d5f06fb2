import { fieldsOf, type Fields } from './fields';

/** Where the rich parts of an output stand, sometimes one level deeper (docs/protocol-cognigy-ai.md#outputs). */
export function rootsOf(data: Fields): Fields[] {
	return [data._cognigy, fieldsOf(data._data)._cognigy, data, data._data].map(fieldsOf);
}

/** Sections that hold Cognigy's own content or that of the web chats, in the order in which they are read. */
export const SECTIONS = ['_default', '_webchat', '_facebook', '_defaultPreview'] as const;
