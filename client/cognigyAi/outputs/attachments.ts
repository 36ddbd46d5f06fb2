import type { MessageAttachment } from '../../types';
import { fieldsOf, firstWords, objectsOf, textOf, type Fields } from './fields';
import { attachmentKind, isMediaKind, mediaAddress } from './media';
import { rootsOf, SECTIONS } from './roots';

/**
 * The files of an output that somebody can get: what is attached, and pictures, recordings and films that are shown
 * (docs/protocol-cognigy-ai.md#outputs). Those of cards and galleries, and what stands in the message itself, are none.
 * Each address once. Undefined: there are none.
 */
export function attachmentsOf(data: Fields): MessageAttachment[] | undefined {
	const roots = rootsOf(data);
	const attached = firstWithFiles(roots, ({ attachments }) => objectsOf(attachments).map(fileOf));
	const shown =
		SECTIONS.map((name) => firstWithFiles(roots, (root) => filesOfSection(fieldsOf(root[name])))).find(isNotEmpty) ??
		firstWithFiles(roots, ownMedia);
	const byUrl = new Map<string, MessageAttachment>();
	for (const file of [...attached, ...shown]) if (!byUrl.has(file.url)) byUrl.set(file.url, file);
	return byUrl.size > 0 ? [...byUrl.values()] : undefined;
}

function firstWithFiles(
	roots: readonly Fields[],
	read: (root: Fields) => MessageAttachment[],
): readonly MessageAttachment[] {
	return roots.map((root) => read(root).filter(({ url }) => url !== '')).find(isNotEmpty) ?? [];
}

function isNotEmpty({ length }: { length: number }): boolean {
	return length > 0;
}

function filesOfSection(section: Fields): MessageAttachment[] {
	const { attachment, attachments } = fieldsOf(section.message);
	return [...[fieldsOf(attachment), ...objectsOf(attachments)].flatMap(messengerFiles), ...ownMedia(section)];
}

/** In the form of Messenger: a file, or a template that shows some. */
function messengerFiles({ type, payload, url }: Fields): MessageAttachment[] {
	const kind = textOf(type).toLowerCase();
	const fields = fieldsOf(payload);
	if (isMediaKind(kind)) return [fileOf({ url, ...fields, type: kind })];
	return objectsOf(fields.elements).flatMap(({ media_type: mediaType, ...element }) =>
		isMediaKind(mediaType) ? [fileOf({ ...element, type: mediaType })] : [],
	);
}

/** In Cognigy's own form. */
function ownMedia(fields: Fields): MessageAttachment[] {
	return ['image', 'audio', 'video', 'file'].flatMap((kind) => {
		const value = fields[`_${kind}`];
		return value === undefined ? [] : [fileOf({ ...fieldsOf(value), type: kind })];
	});
}

/** Its `url` is empty where it has none. */
function fileOf(fields: Fields): MessageAttachment {
	const { fileName, filename, name, title, mimeType, contentType, size } = fields;
	const type = attachmentKind(fields);
	const called = firstWords(fileName, filename, name, title);
	const mime = textOf(mimeType) || textOf(contentType);
	const bytes = textOf(size) === '' ? NaN : Number(size);
	return {
		type,
		...(called === '' ? {} : { name: called }),
		url: mediaAddress(type, fields),
		...(mime === '' ? {} : { mimeType: mime }),
		...(Number.isFinite(bytes) ? { size: bytes } : {}),
	};
}
