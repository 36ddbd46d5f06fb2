import { fieldsOf, join, textOf } from './fields';

export type MediaKind = 'image' | 'audio' | 'video' | 'file';

const NAMES: Readonly<Record<MediaKind, string>> = { image: 'Image', audio: 'Audio', video: 'Video', file: 'File' };

/** A picture, a recording or a film: `Image: Where we are (https://…)`. */
export function summariseMedia(kind: MediaKind, value: unknown): string {
	const fields = fieldsOf(value);
	const url = textOf(fields[`${kind}Url`]) || textOf(fields.url);
	const alt = textOf(fields[`${kind}AltText`]) || textOf(fields.altText) || textOf(fields.title);
	const words = alt ? join([alt, url && `(${url})`], ' ') : url;
	return words && `${NAMES[kind]}: ${words}`;
}
