// Runs inside the browser of html.test.ts, where it measures the page that is shown.

globalThis.probe = {
  /** What the page takes in width, in pixels: overflow of any part included. */
  width: () => document.documentElement.scrollWidth,

  /** The text of the page as a reader copies it: what is hidden is left out. */
  visibleText() {
    getSelection().selectAllChildren(document.body);
    return getSelection().toString();
  },

  /** How rows and findings may be broken over pages, each way once. */
  rowBreaks: () => [
    ...new Set([...document.querySelectorAll('tr, .finding')].map((row) => getComputedStyle(row).breakInside)),
  ],

  /** The commonest colour of a PNG with the share of its pixels, and how many colours there are. */
  async colourCounts(base64) {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    const brush = canvas.getContext('2d');
    brush.drawImage(image, 0, 0);
    const { data } = brush.getImageData(0, 0, image.width, image.height);
    const counts = new Map();
    for (let at = 0; at < data.length; at += 4) {
      const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    const [colour, count] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most));
    const brightness = ((colour >> 16) + ((colour >> 8) & 255) + (colour & 255)) / 3;
    return { brightness, share: count / (data.length / 4), colours: counts.size };
  },

  /** The least contrast, as WCAG 2 counts it, between a text and what lies behind it. */
  worstContrast() {
    const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (colour) => {
      const [red, green, blue] = channels(colour).map((channel) => {
        const part = channel / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
      if (!element) return 'rgb(255, 255, 255)';
      const colour = getComputedStyle(element).backgroundColor;
      return channels(colour)[3] === 0 ? behind(element.parentElement) : colour;
    };
    let worst = { ratio: Number.POSITIVE_INFINITY, text: '' };
    for (const element of document.body.querySelectorAll('*')) {
      const text = [...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data);
      if (text.join('').trim() === '') continue;
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < worst.ratio) worst = { ratio, text: text.join('') };
    }
    return worst;
  },
};
