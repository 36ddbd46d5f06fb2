import { card, cognigy, forAll, only, plugin, type Shapes } from './shape';

const text = (words: string) => ({ type: 'TextBlock', text: words });

/** Adaptive cards, 1.0 to 1.6, and where they stand. */
export const adaptiveCards: Shapes = {
	'plugin-adaptive-card': plugin({
		type: 'adaptivecards',
		payload: {
			type: 'AdaptiveCard',
			version: '1.5',
			body: [text('Seat 14A')],
			actions: [{ type: 'Action.OpenUrl', title: 'Boarding pass', url: 'https://example.org/bp' }],
		},
	}),
	'card-rich-text': card([
		{
			type: 'RichTextBlock',
			inlines: ['Table ', { type: 'TextRun', text: '12', weight: 'bolder' }, { type: 'TextRun', text: ' is free.' }],
		},
	]),
	'card-choices': card(
		[
			{
				type: 'Input.ChoiceSet',
				label: 'Class',
				choices: [
					{ title: 'Economy', value: 'e' },
					{ title: 'First', value: 'f' },
				],
			},
			{ type: 'Action.OpenUrl', title: 'Prices', url: 'https://example.org/p' },
		],
		{
			actions: [
				{ type: 'Action.ShowCard', title: 'More', card: { type: 'AdaptiveCard', body: [text('With lunch?')] } },
			],
		},
	),
	'card-as-text': forAll({
		_adaptiveCard: {
			type: 'adaptiveCard',
			adaptiveCard: '{"type":"AdaptiveCard","body":[{"type":"TextBlock","text":"Gate B7"}]}',
		},
	}),
	'card-fallback-only': card([], { fallbackText: 'Your card cannot be shown here' }),
	'card-description-only': forAll({
		_adaptiveCard: { type: 'adaptiveCard', adaptiveCard: {}, fallbackText: 'A form for your address' },
	}),
	'card-speak-only': card([], { speak: '<speak>Two <emphasis>free</emphasis> seats</speak>' }),
	'card-columns': card([
		{
			type: 'ColumnSet',
			columns: [
				{
					type: 'Column',
					width: 'auto',
					items: [
						{ type: 'Image', style: 'Person', url: 'https://example.org/kim.png', altText: 'Kim', size: 'Small' },
					],
				},
				{ type: 'Column', width: 'stretch', items: [text('Kim Lee'), { ...text('since 2019'), isSubtle: true }] },
			],
		},
		{ type: 'Container', items: [text('Head of travel')] },
	]),
	'card-facts': card([
		{
			type: 'FactSet',
			facts: [{ title: 'From', value: 'Bonn' }, { title: 'Seats', value: 2 }, { fact1: 'not a fact' }],
		},
	]),
	'card-table': card([
		{
			type: 'Table',
			firstRowAsHeaders: true,
			columns: [{ width: 1 }, { width: 2 }],
			rows: [
				{
					type: 'TableRow',
					cells: [
						{ type: 'TableCell', items: [text('Train')] },
						{ type: 'TableCell', items: [text('Leaves')] },
					],
				},
				{
					type: 'TableRow',
					cells: [
						{ type: 'TableCell', items: [text('ICE 10')] },
						{ type: 'TableCell', items: [text('8:15'), text('platform 3')] },
					],
				},
			],
		},
	]),
	'card-inputs': card([
		{ type: 'Input.Text', id: 'name', label: 'Your name', placeholder: 'as in your passport', isRequired: true },
		{ type: 'Input.Number', id: 'n', placeholder: 'How many?' },
		{ type: 'Input.Date', id: 'd', label: 'Arrival', value: '2026-12-01' },
		{ type: 'Input.Time', id: 't', label: 'Around' },
		{ type: 'Input.Toggle', id: 'ok', title: 'I agree', valueOn: 'yes', valueOff: 'no' },
		{
			type: 'Input.ChoiceSet',
			id: 'c',
			placeholder: 'Meal',
			style: 'expanded',
			choices: [{ title: 'Soup', value: 1 }],
		},
	]),
	'card-action-set': plugin({
		type: 'adaptivecards',
		payload: {
			type: 'AdaptiveCard',
			body: [
				{
					type: 'ActionSet',
					actions: [
						{ type: 'Action.OpenUrl', title: 'Timetable', url: 'https://example.org/t' },
						{ type: 'Action.Submit', title: 'Send', data: { x: 1 } },
						{ type: 'Action.Execute', title: 'Run', verb: 'run' },
						{ type: 'Action.Submit', tooltip: 'Save it', iconUrl: 'https://example.org/save.svg' },
					],
				},
			],
		},
	}),
	'card-show-card': cognigy({
		_webchat: {
			type: 'adaptiveCard',
			adaptiveCard: {
				type: 'AdaptiveCard',
				body: [text('What do you eat?')],
				actions: [
					{
						type: 'Action.ShowCard',
						title: 'Fish',
						card: {
							type: 'AdaptiveCard',
							body: [
								text('Fried or boiled?'),
								{ type: 'Input.ChoiceSet', style: 'expanded', choices: [{ title: 'Fried', value: 'f' }] },
								{ type: 'Input.Text', placeholder: 'Anything to mind?' },
							],
							actions: [{ type: 'Action.Submit', title: 'Order it' }],
						},
					},
				],
			},
		},
	}),
	'card-toggle': card(
		[
			text('Short'),
			{ type: 'Container', id: 'long', isVisible: false, items: [text('The long story')] },
			{ ...text('never'), isVisible: false },
		],
		{ actions: [{ type: 'Action.ToggleVisibility', title: 'Tell me more', targetElements: ['long'] }] },
	),
	'card-image-set': card([
		{
			type: 'ImageSet',
			images: [
				{ type: 'Image', url: 'https://example.org/a.jpg', altText: 'Steak' },
				{ type: 'Image', url: 'https://example.org/b.jpg' },
			],
		},
	]),
	'card-media': card([
		{
			type: 'Media',
			poster: 'https://example.org/poster.png',
			altText: 'The trailer',
			sources: [{ mimeType: 'video/mp4', url: 'https://example.org/trailer.mp4' }],
		},
		{ type: 'Media', sources: [{ mimeType: 'audio/mpeg', url: 'https://example.org/song.mp3' }] },
	]),
	'card-carousel': card([
		{
			type: 'Carousel',
			pages: [
				{ type: 'CarouselPage', items: [text('Page one')] },
				{ type: 'CarouselPage', items: [text('Page two')] },
			],
		},
	]),
	'card-newer-elements': card([
		{ type: 'Badge', text: 'New' },
		{ type: 'Icon', name: 'Calendar' },
		{ type: 'CompoundButton', title: 'Upgrade', description: 'to first class' },
		{ type: 'CodeBlock', codeSnippet: '<b>bold</b>', language: 'Html' },
		{ type: 'Rating', value: 4.5, max: 5 },
		{ type: 'ProgressBar', label: 'Half way', value: 50 },
	]),
	'card-select-action': card([
		{
			type: 'Container',
			selectAction: { type: 'Action.OpenUrl', title: 'Read on', url: 'https://example.org/news' },
			items: [text('News of the day')],
		},
		{
			type: 'RichTextBlock',
			inlines: [
				{ type: 'TextRun', text: 'Source', selectAction: { type: 'Action.OpenUrl', url: 'https://example.org/src' } },
			],
		},
	]),
	'card-fallback-element': card([
		{ type: 'Hologram', fallback: text('A picture instead') },
		{ type: 'Hologram', fallback: 'drop' },
	]),
	'card-markdown': card([
		{ type: 'TextBlock', text: 'Some _text_ with a [link](https://example.org/m) in **it**', wrap: true },
	]),
	'card-lookalike': card([text('I eat only ><_> today')]),
	'card-nested-rest': only({
		_data: { _cognigy: { _default: { _adaptiveCard: { adaptiveCard: { body: [text('From one level below')] } } } } },
	}),
	'card-empty': [...card([], { actions: [] }), { text: 'After the empty card', data: {} }],
	'card-plugin-as-text': plugin({
		type: 'adaptivecards',
		payload: JSON.stringify({ type: 'AdaptiveCard', body: [text('Written as text')] }),
	}),
	'card-nice-cxone': cognigy({
		_niceCXOne: {
			json: {
				text: '',
				uiComponent: { type: 'AdaptiveCard', version: '1.5', body: [text('For the contact center')], actions: [] },
				data: {},
				action: 'ADAPTIVE_CARD',
			},
		},
	}),
};
