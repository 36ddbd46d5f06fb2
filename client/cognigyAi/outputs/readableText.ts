import { summariseAdaptiveCard } from './adaptiveCard';
import { summariseButtons } from './buttons';
import { summariseCards } from './cards';
import { fieldsOf, join, textOf, type Fields } from './fields';
import { summariseMedia } from './media';
import { summariseQuickReplies } from './quickReplies';

const SUMMARIES: Readonly<Record<string, (value: unknown) => string>> = {
	_text: (value) => textOf(fieldsOf(value).text ?? value),
	_quickReplies: summariseQuickReplies,
	_buttons: summariseButtons,
	_gallery: summariseCards,
	_list: summariseCards,
	_adaptiveCard: summariseAdaptiveCard,
	_image: (value) => summariseMedia('image', value),
	_audio: (value) => summariseMedia('audio', value),
	_video: (value) => summariseMedia('video', value),
	_file: (value) => summariseMedia('file', value),
};

/**
 * What a person would read of an output: its text, and what is rich in it (quick replies, buttons, galleries, lists,
 * adaptive cards, media) summed up. Empty for outputs that say nothing, as those that only hold data.
 * @param data of the output; what is rich stands in `_cognigy._default`, sometimes one level deeper (facts, section 6)
 */
export function readableText(text: string, data: Fields = {}): string {
	const content = richContent(data);
	const parts = Object.entries(SUMMARIES).map(([name, summarise]) => (name in content ? summarise(content[name]) : ''));
	const own = text.trim();
	// Some channels repeat the text in the rich part.
	const rich = parts.filter((part) => part !== own).map((part) => withoutFirstLine(part, own));
	return join([own, ...rich], '\n');
}

function richContent(data: Fields): Fields {
	const { _cognigy, _data } = data;
	const outer = fieldsOf(fieldsOf(_cognigy)._default);
	return Object.keys(outer).length > 0 ? outer : fieldsOf(fieldsOf(fieldsOf(_data)._cognigy)._default);
}

function withoutFirstLine(part: string, line: string): string {
	return line !== '' && part.startsWith(`${line}\n`) ? part.slice(line.length + 1) : part;
}
