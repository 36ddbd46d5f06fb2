import { summariseAdaptiveCard } from './adaptiveCard';
import { inBrackets } from './buttons';
import { fieldsOf, firstAddress, firstWords, join, objectsOf, textOf, wordsOf, type Fields } from './fields';

/** Fields with what a plugin says, the ones of the plugins that there are; others may hold keys and tokens. */
const WORDS = [
	'title titleText ratingTitleText headerText subtitle subtitleText text eventName description message label',
	'ratingCommentText inputPlaceholder placeholder fallbackText',
].flatMap((names) => names.split(' '));

const BUTTONS = 'openPickerButtonText openButtonLabel buttonText rateButtonText ratingSubmitButtonText'.split(' ');

/** What the button of a plugin is called that has no words of its own. */
const NAMES: ReadonlyMap<string, string> = new Map(
	Object.entries({
		'date-picker': 'Pick date',
		'file-upload': 'File upload',
		'google-firebase-authentication': 'Log in',
		'google-maps': 'Map',
		'microsoft-auth': 'Log in',
		'qr-code': 'Scan QR code',
		'request-rating': 'Rating',
		'securehub-file-upload': 'File upload',
		location: 'Location',
		multiselect: 'Choose',
		numpad: 'Number pad',
		payshield: 'Pay',
		paypal: 'Pay',
		rating: 'Rating',
		signature: 'Signature',
		stripe: 'Pay',
	}),
);

/** A plugin of the web chats: what it asks, and its button: `[Choose a date]`. */
export function summarisePlugin(plugin: Fields): string {
	const type = textOf(plugin.type);
	if (type === '') return '';
	const card = type.toLowerCase().includes('adaptivecard') && summariseAdaptiveCard(plugin);
	if (card) return card;
	const sources = [plugin, fieldsOf(plugin.data), fieldsOf(plugin.payload)];
	const read = (names: readonly string[]) => names.flatMap((name) => sources.map((source) => wordsOf(source[name])));
	const presses = [...new Set(read(BUTTONS))];
	const words = [...new Set(read(WORDS))].filter((text) => !presses.includes(text));
	const target = firstAddress(...sources.flatMap(({ meetingLink, url, link }) => [meetingLink, url, link]));
	const options = sources.flatMap(({ options: all, steps }) => [...listOf(all), ...listOf(steps)]);
	const buttons = presses.filter((text) => text !== '').map((text) => inBrackets(text, target));
	const said = [
		...words,
		...sources.flatMap(rows),
		amount(plugin),
		join(
			options.map((text) => inBrackets(text)),
			' ',
		),
	];
	const all = join([...said, buttons.length > 0 ? join(buttons, ' ') : inBrackets('', target)], '\n');
	return all || inBrackets(join([NAMES.get(type) ?? '', place(plugin)], ': '));
}

function listOf(values: unknown): string[] {
	if (!Array.isArray(values)) return [];
	return values.map(
		(value) => wordsOf(value) || firstWords(...['title', 'label', 'name'].map((name) => fieldsOf(value)[name])),
	);
}

function place({ center }: Fields): string {
	const { lat, lng } = fieldsOf(center);
	return join([textOf(lat), textOf(lng)], ', ');
}

/** The value of a chart that shows only one, or what is to be paid. */
function amount({ value, unit }: Fields): string {
	return value === undefined ? '' : join([textOf(value), textOf(unit)], ' ');
}

/** A table, a line for each row. */
function rows({ tabledata }: Fields): string[] {
	const { columns, data } = fieldsOf(tabledata);
	const cells = (row: unknown) => (Array.isArray(row) ? row : Object.values(fieldsOf(row))).map(cell);
	return [columns, ...(Array.isArray(data) ? data : [])].map((row) => join(cells(row), ' | '));
}

function cell(value: unknown): string {
	const [named = {}] = objectsOf([value]);
	return wordsOf(value) || firstWords(named.label, named.name);
}
