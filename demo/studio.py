"""A small drawing studio: SVG out of the Python standard library.

One light (top left, slightly in front), one horizon, one camera that looks
down a little. Round things are turned on a lathe and shaded by their normals;
flat and soft things are shapes with shaded edges and a woven or knitted fill.
"""
import math
import random
from contextlib import contextmanager

SIZE = 960
HORIZON = 650          # where the wall meets the table
FLOOR = 758            # where things stand
TILT = 0.17            # height of a circle seen from the camera / its width

OAT, LINEN, CREAM = "#e6dac4", "#d8c9ae", "#f5eee0"
SAGE, MOSS, LEAF = "#93a487", "#5c7053", "#6f8a58"
CLAY, TERRA, RUST = "#bd7455", "#c67a54", "#a4553a"
INK, MIST, SLATE = "#3e4f60", "#a8b9be", "#6f8087"
MUSTARD, HONEY, PLUM = "#d0a04c", "#d98f22", "#7b4c57"
WALNUT, OAK, BEECH = "#74503a", "#c89c68", "#dcb98b"
STEEL, COAL, WHITE = "#b8bdc0", "#3c3a39", "#fbf8f1"

GROUNDS = {            # wall, table
    "Kitchen": ("#ebe2d6", "#dacbb7"),
    "Pantry": ("#efe2c9", "#dcc6a2"),
    "Home": ("#e2e2da", "#cbc9bc"),
    "Bath": ("#dfe7e5", "#c5d1ce"),
    "Garden": ("#e0e6d4", "#c4ccb2"),
    "Apparel": ("#eee1d9", "#dac6ba"),
}


def rgb(c):
    return tuple(int(c[i:i + 2], 16) for i in (1, 3, 5))


def hexa(v):
    return "#%02x%02x%02x" % tuple(max(0, min(255, round(x))) for x in v)


def mix(a, b, t):
    return hexa(x + (y - x) * t for x, y in zip(rgb(a), rgb(b)))


def light(c, t=0.3):
    return mix(c, "#fff9ee", t)


def dark(c, t=0.3):
    r, g, b = rgb(c)
    return mix(c, hexa((r * .40, g * .345, b * .335)), t)


def unit(*v):
    n = math.sqrt(sum(x * x for x in v)) or 1
    return tuple(x / n for x in v)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


SUN = unit(-.62, -.55, .56)
HALF = unit(SUN[0], SUN[1] - .15, SUN[2] + 1)


def shade(c, n, gloss=.25, hard=26):
    d = max(0, dot(n, SUN))
    v = .20 + .98 * d
    out = mix(dark(c, .95), c, min(v, 1) ** .85) if v < 1 else light(c, (v - 1) * 1.6)
    bounce = max(0, dot(n, (.95, .25, .1)))
    out = mix(out, light(c, .25), bounce * .22)
    s = max(0, dot(n, HALF)) ** hard * gloss
    return mix(out, "#ffffff", min(s, 1))


def spline(pts, step=7):
    """Catmull-Rom through the points; a point given twice is a corner."""
    out = []
    for i in range(len(pts) - 1):
        p1, p2 = pts[i], pts[i + 1]
        if p1 == p2:
            continue
        p0 = pts[i - 1] if i else p1
        p3 = pts[i + 2] if i + 2 < len(pts) else p2
        for j in range(step):
            t = j / step
            out.append(tuple(
                .5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t
                      + (3 * b - a - 3 * c + d) * t ** 3)
                for a, b, c, d in zip(p0, p1, p2, p3)))
    return out + [pts[-1]]


def corners(*pts):
    return [p for p in pts for _ in (0, 1)]


def cut(pts, y1, y2, grow=0.0):
    """The part of a profile between two heights, a hair wider."""
    def at(y):
        for (r1, a), (r2, b) in zip(pts, pts[1:]):
            if a <= y <= b and b > a:
                return r1 + (r2 - r1) * (y - a) / (b - a)
        return pts[-1][0]
    mid = [(r + grow, y) for r, y in pts if y1 < y < y2]
    return [(at(y1) + grow, y1)] + mid + [(at(y2) + grow, y2)]


def curve(pts, close=True):
    s = spline(pts + [pts[0], pts[1], pts[2]] if close else pts, 9)
    if close:
        s = s[9:9 * (len(pts) + 1)]
    return poly(s, close)


def poly(pts, close=True):
    return "M" + "L".join("%.1f,%.1f " % p[:2] for p in pts) + ("Z" if close else "")


def rounded(x, y, w, h, r):
    return (f"M{x + r},{y}h{w - 2 * r}a{r},{r} 0 0 1 {r},{r}v{h - 2 * r}a{r},{r} 0 0 1 {-r},{r}"
            f"h{-(w - 2 * r)}a{r},{r} 0 0 1 {-r},{-r}v{-(h - 2 * r)}a{r},{r} 0 0 1 {r},{-r}Z")


class Art:
    def __init__(self, name, category):
        self.defs, self.body, self.n = [], [], 0
        self.rnd = random.Random(name)
        self.wall, self.table = GROUNDS[category]
        self.studio()

    # -- plumbing ---------------------------------------------------------
    def uid(self):
        self.n += 1
        return "i%d" % self.n

    def add(self, s):
        self.body.append(s)

    def define(self, s):
        i = self.uid()
        self.defs.append(s.replace("@", i, 1))
        return "url(#%s)" % i

    def lin(self, *stops, box=None, to=(1, 0)):
        if box:
            pos = 'gradientUnits="userSpaceOnUse" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"' % box
        else:
            pos = 'x1="0" y1="0" x2="%s" y2="%s"' % to
        return self.define('<linearGradient id="@" %s>%s</linearGradient>' % (pos, self.stops(stops)))

    def rad(self, *stops, cx=.5, cy=.5, r=.5):
        return self.define('<radialGradient id="@" cx="%s" cy="%s" r="%s">%s</radialGradient>'
                           % (cx, cy, r, self.stops(stops)))

    @staticmethod
    def stops(stops):
        n = max(1, len(stops) - 1)
        out = []
        for i, s in enumerate(stops):
            if isinstance(s, str):
                s = (i / n, s)
            o = ' stop-opacity="%s"' % s[2] if len(s) > 2 else ""
            out.append('<stop offset="%.4f" stop-color="%s"%s/>' % (s[0], s[1], o))
        return "".join(out)

    def blur(self, sd):
        return self.define('<filter id="@" x="-60%%" y="-60%%" width="220%%" height="220%%">'
                           '<feGaussianBlur stdDeviation="%s"/></filter>' % sd)

    def clip(self, d):
        return self.define('<clipPath id="@"><path d="%s"/></clipPath>' % d)

    def pattern(self, w, h, inner, turn=0):
        return self.define('<pattern id="@" width="%s" height="%s" patternUnits="userSpaceOnUse" '
                           'patternTransform="rotate(%s)">%s</pattern>' % (w, h, turn, inner))

    @contextmanager
    def group(self, **kw):
        self.add("<g%s>" % self.attrs(kw))
        yield
        self.add("</g>")

    @staticmethod
    def attrs(kw):
        return "".join(' %s="%s"' % (k.rstrip("_").replace("_", "-"), v) for k, v in kw.items())

    def path(self, d, fill="none", **kw):
        self.add('<path d="%s" fill="%s"%s/>' % (d, fill, self.attrs(kw)))

    def line(self, d, stroke, width=2, **kw):
        kw.setdefault("stroke_linecap", "round")
        self.path(d, "none", stroke=stroke, stroke_width=width, stroke_linejoin="round", **kw)

    def ell(self, cx, cy, rx, ry, fill, **kw):
        self.add('<ellipse cx="%.1f" cy="%.1f" rx="%.1f" ry="%.1f" fill="%s"%s/>'
                 % (cx, cy, rx, ry, fill, self.attrs(kw)))

    def text(self, x, y, s, size, fill, space=0, **kw):
        kw.setdefault("font_family", "C059, 'Century Schoolbook', Georgia, serif")
        self.add('<text x="%s" y="%s" font-size="%s" fill="%s" text-anchor="middle" '
                 'letter-spacing="%s"%s>%s</text>' % (x, y, size, fill, space, self.attrs(kw), s))

    # -- the room ---------------------------------------------------------
    def studio(self):
        w, t = self.wall, self.table
        self.path("M0,0H960V960H0Z", self.rad((0, light(w, .55)), (.5, w), (1, dark(w, .17)),
                                              cx=.24, cy=.14, r=1.05))
        with self.group(filter=self.blur(10)):
            self.path(f"M-80,{HORIZON}H1040V1040H-80Z",
                      self.lin((0, light(t, .30)), (.45, t), (1, dark(t, .20)), box=(100, 600, 900, 1000)))
        self.path(f"M0,{HORIZON - 40}H960V{HORIZON + 30}H0Z", dark(t, .6), opacity=.10, filter=self.blur(22))
        # daylight falling through a window on the wall
        with self.group(filter=self.blur(26), opacity=.34):
            self.path("M60,-60L330,-60L690,560L420,560Z", "#fffaf0")
            self.path("M390,-60L560,-60L900,520L750,560Z", "#fffaf0", opacity=.7)

    def ground(self, cx, rx, y=FLOOR, tall=200, k=TILT, strength=1.0):
        """The shadow of a thing that stands at cx, reaching right and back."""
        c = dark(self.table, 1)
        ry = max(rx * k, 10)
        far = rx * 1.0 + tall * .42
        d = curve([(cx - rx, y + 2), (cx, y + ry * .95), (cx + rx * .9, y + ry * .55),
                   (cx + far, y - ry * .1 - tall * .03), (cx + far * .92, y - ry * .7 - tall * .06), (cx, y - ry)])
        self.path(d, c, opacity=.30 * strength, filter=self.blur(20))
        self.ell(cx + rx * .08, y + 4, rx * 1.02, ry * 1.04, c, opacity=.36 * strength, filter=self.blur(10))
        self.ell(cx + 2, y + 3, rx * .98, ry * .99, dark(c, .5), opacity=.38 * strength, filter=self.blur(3.5))

    def behind(self, d, dx=20, dy=24, sd=14, o=.30):
        """The shadow of a flat thing on the wall or on what lies under it."""
        self.path(d, dark(self.wall, 1), transform="translate(%s,%s)" % (dx, dy), opacity=o, filter=self.blur(sd))
        self.path(d, dark(self.wall, 1), transform="translate(%s,%s)" % (dx * .25, dy * .25), opacity=o,
                  filter=self.blur(sd * .3))

    def rail(self, pegs, y=196):
        """A rail with pegs, for everything that hangs."""
        d = rounded(-20, y - 26, 1000, 52, 6)
        self.behind(d, 8, 16, 10, .28)
        self.path(d, self.lin(light(BEECH, .45), light(BEECH, .1), dark(BEECH, .22), to=(0, 1)))
        self.grain(d, BEECH, 9, horizontal=True)
        for x in pegs:
            self.peg(x, y)

    def peg(self, x, y=196):
        self.ell(x + 10, y + 16, 17, 15, dark(BEECH, 1), opacity=.35, filter=self.blur(6))
        self.ell(x, y, 18, 18, self.rad(light(BEECH, .6), BEECH, dark(BEECH, .45), cx=.35, cy=.3, r=.8))

    # -- materials --------------------------------------------------------
    def grain(self, d, c, lines=12, horizontal=False, box=(0, 0, 960, 960), o=.30):
        x, y, w, h = box
        with self.group(clip_path=self.clip(d)):
            for i in range(lines):
                s = self.rnd.uniform(-9, 9)
                if horizontal:
                    v = y + h * (i + self.rnd.random()) / lines if box != (0, 0, 960, 960) else \
                        170 + 52 * (i + self.rnd.random()) / lines
                    p = f"M{x},{v}C{x + w * .3},{v + s} {x + w * .6},{v - s} {x + w},{v + s * .5}"
                else:
                    v = x + w * (i + self.rnd.random()) / lines
                    p = f"M{v},{y}C{v + s},{y + h * .3} {v - s},{y + h * .6} {v + s * .5},{y + h}"
                self.line(p, dark(c, self.rnd.uniform(.35, .75)), self.rnd.uniform(.8, 3), opacity=o)

    def linen(self, c, s=5):
        return self.pattern(s, s, f'<path d="M0,{s * .25}H{s}" stroke="{dark(c, .7)}" stroke-width="1" opacity=".11"/>'
                            f'<path d="M{s * .25},0V{s}" stroke="#fff" stroke-width="1" opacity=".13"/>', 3)

    def knit(self, c, w=15, h=13):
        v = f'M0,{h * .1}L{w / 2},{h * .75}L{w},{h * .1}'
        return self.pattern(w, h, f'<path d="{v}" fill="none" stroke="{dark(c, .75)}" stroke-width="2.2" opacity=".30"/>'
                            f'<path d="{v}" transform="translate(0,{h * .45})" fill="none" stroke="#fff6e8" '
                            f'stroke-width="2.4" opacity=".20"/>'
                            f'<path d="M{w / 2},0V{h}" stroke="{dark(c, .8)}" stroke-width="1" opacity=".18"/>')

    def rib(self, c, w=13):
        return self.pattern(w, 40, f'<rect width="{w * .45}" height="40" fill="{dark(c, .8)}" opacity=".26"/>'
                            f'<rect x="{w * .62}" width="{w * .2}" height="40" fill="#fff6e8" opacity=".24"/>')

    def waffle(self, c, s=20):
        return self.pattern(s, s, f'<rect x="0" y="0" width="{s}" height="4" fill="#fff" opacity=".20"/>'
                            f'<rect x="0" y="0" width="4" height="{s}" fill="#fff" opacity=".16"/>'
                            f'<path d="M4,{s}V4H{s}" fill="none" stroke="{dark(c, .9)}" stroke-width="3" opacity=".22"/>')

    def puff(self, d, c, depth=16, tex=None, lo=.34, hi=.5, base=None, paint=None):
        """A soft or rounded thing lit from the top left."""
        self.path(d, base or self.lin(light(c, .20), c, dark(c, .22), to=(1, 1)))
        with self.group(clip_path=self.clip(d)):
            if tex:
                self.path(d, tex)
            if paint:
                paint()
            self.line(d, dark(c, 1), depth * 2, opacity=lo, filter=self.blur(depth * .55),
                      transform="translate(%s,%s)" % (-depth * .45, -depth * .45))
            self.line(d, light(c, .8), depth * 1.1, opacity=hi, filter=self.blur(depth * .5),
                      transform="translate(%s,%s)" % (depth * .75, depth * .75))
            # keep the bright stroke off the shaded side
            self.line(d, dark(c, 1), depth * .9, opacity=lo, filter=self.blur(depth * .35),
                      transform="translate(%s,%s)" % (-depth * .6, -depth * .6))

    def folds(self, d, c, lines, width=22, sd=9, o=.30):
        """Soft folds inside a cloth: a dark valley with a bright ridge on its right."""
        with self.group(clip_path=self.clip(d)):
            for p in lines:
                self.line(p, dark(c, 1), width, opacity=o, filter=self.blur(sd))
                self.line(p, light(c, .8), width * .7, opacity=o, filter=self.blur(sd),
                          transform="translate(%s,-2)" % (width * .9))

    def tube(self, d, w, c, gloss=.4, steps=7):
        """A bent rod: strokes that grow brighter towards the light."""
        for i in range(steps):
            t = i / (steps - 1)
            col = mix(dark(c, .7), light(c, .35), t ** .8)
            self.line(d, col, w * (1 - t) ** .9 + w * .12,
                      transform="translate(%.2f,%.2f)" % (-w * .20 * t, -w * .22 * t))
        if gloss:
            self.line(d, "#fff", w * .10, opacity=gloss, transform="translate(%.2f,%.2f)" % (-w * .22, -w * .24))

    def lathe(self, cx, prof, c, gloss=.25, hard=26, n=64, k=TILT, span=(-1, 1), raw=False, tone=None, ao=True):
        """Turn a profile [(radius, height)...] from top to bottom and light it."""
        pts = prof if raw else spline(prof)
        top, low = pts[0][1], pts[-1][1]
        norm = []
        for i in range(len(pts)):
            (r0, y0), (r1, y1) = pts[max(0, i - 1)], pts[min(len(pts) - 1, i + 1)]
            norm.append(unit(y1 - y0, -(r1 - r0)))
        a0, a1 = span[0] * math.pi / 2, span[1] * math.pi / 2
        for i in range(n):
            th, th2 = a0 + (a1 - a0) * i / n, a0 + (a1 - a0) * (i + 1) / n
            mid = (th + th2) / 2
            s, c1, c2 = math.sin(mid), math.cos(th), math.cos(th2)
            left = [(cx + r * math.sin(th), y + k * r * c1) for r, y in pts]
            right = [(cx + r * math.sin(th2) + (.9 if i < n - 1 else 0), y + k * r * c2) for r, y in pts]
            ya = [y + k * r * math.cos(mid) for r, y in pts]
            y0, y1 = min(ya), max(ya)
            stops, last = [], -1
            for (r, y), yy, (nr, ny) in zip(pts, ya, norm):
                o = (yy - y0) / max(1, y1 - y0)
                if o < last:
                    continue
                last = o
                col = (tone or shade)(c, (nr * s, ny, nr * math.cos(mid)), gloss, hard)
                if ao and low - top > 60:
                    near = max(0, 1 - (low - y) / 70)
                    col = dark(col, .22 * near * near)
                stops.append((o, col))
            self.path(poly(left + right[::-1]), self.lin(*stops, box=(0, y0, 0, y1 + .01)))
        return pts

    def mouth(self, cx, y, r, c, lip=7, inside=None, k=TILT):
        """The opening of a vessel: lip, inner wall (lit on the right), what is in it."""
        self.ell(cx, y, r, r * k, self.lin(light(c, .45), light(c, .2), dark(c, .2)))
        ri = r - lip
        self.ell(cx, y + 1, ri, ri * k, self.lin(dark(c, .75), dark(c, .5), dark(c, .12)))
        if inside:
            with self.group(clip_path=self.clip(self.oval(cx, y + 1, ri, ri * k))):
                depth = ri * k * .55
                self.ell(cx, y + depth, ri * .97, ri * k, self.lin(dark(inside, .35), inside, light(inside, .12)))
                self.ell(cx - ri * .3, y + depth - ri * k * .1, ri * .3, ri * k * .25, "#fff", opacity=.16,
                         filter=self.blur(5))

    @staticmethod
    def outline(cx, prof, k=TILT):
        """The silhouette of a turned thing."""
        r, y = prof[-1]
        foot = [(cx + r * math.cos(t / 10), y + r * k * math.sin(t / 10)) for t in range(31, -1, -1)]
        return poly([(cx - r, y) for r, y in prof] + foot + [(cx + r, y) for r, y in prof[::-1]])

    @staticmethod
    def oval(cx, cy, rx, ry):
        return f"M{cx - rx},{cy}a{rx},{ry} 0 1 0 {2 * rx},0a{rx},{ry} 0 1 0 {-2 * rx},0Z"

    # -- small company ----------------------------------------------------
    def ball(self, cx, cy, r, c, gloss=.3, ground=True):
        if ground:
            self.ground(cx, r * .72, cy + r * .86, tall=r, k=.3, strength=.8)
        self.ell(cx, cy, r, r, self.rad((0, light(c, .55)), (.35, light(c, .1)), (.7, dark(c, .18)), (1, dark(c, .6)),
                                        cx=.34, cy=.3, r=.78))
        self.ell(cx - r * .35, cy - r * .42, r * .2, r * .13, "#fff", opacity=gloss, filter=self.blur(max(1, r * .06)))

    def leaf(self, x, y, ang, n, w, c):
        with self.group(transform="translate(%.1f,%.1f) rotate(%.1f)" % (x, y, ang)):
            d = f"M0,0C{n * .25},{-w} {n * .7},{-w * .8} {n},0C{n * .7},{w * .8} {n * .25},{w} 0,0Z"
            self.path(d, self.lin(light(c, .30), c, dark(c, .25), to=(.6, 1)))
            self.line(f"M{n * .06},0L{n * .9},0", light(c, .5), max(1, w * .07), opacity=.6)

    def sprig(self, pts, c, size=60, wide=.22, every=5, stem=4, start=3, bare=None):
        s = spline(pts, 9)
        self.line(poly(s, False), dark(bare or c, .35), stem)
        for i in range(start, len(s) - 1, every):
            (x0, y0), (x1, y1) = s[i - 1], s[i + 1]
            a = math.degrees(math.atan2(y1 - y0, x1 - x0))
            f = 1 - .45 * i / len(s)
            n = size * f * self.rnd.uniform(.85, 1.1)
            side = -1 if (i // every) % 2 else 1
            tint = mix(c, light(c, .5) if side < 0 else dark(c, .4), self.rnd.uniform(0, .45))
            self.leaf(s[i][0], s[i][1], a + side * self.rnd.uniform(36, 54), n, n * wide, tint)
            self.leaf(s[i][0], s[i][1], a - side * self.rnd.uniform(36, 54), n * .9, n * wide, mix(c, dark(c, .4), .3))
        (x0, y0), (x1, y1) = s[-2], s[-1]
        self.leaf(x1, y1, math.degrees(math.atan2(y1 - y0, x1 - x0)), size * .6, size * .6 * wide, light(c, .1))

    def wheat(self, pts, c=MUSTARD):
        s = spline(pts, 14)
        self.line(poly(s, False), dark(c, .25), 4)
        m = len(s)
        for i in range(int(m * .62), m, 2):
            (x0, y0), (x1, y1) = s[i - 1], s[min(i + 1, m - 1)]
            a = math.degrees(math.atan2(y1 - y0, x1 - x0))
            for side in (-1, 1):
                self.line("M0,0L70,0", light(c, .25), 1.2, opacity=.8,
                          transform="translate(%.1f,%.1f) rotate(%.1f)" % (s[i][0], s[i][1], a + side * 16))
                self.leaf(s[i][0], s[i][1], a + side * 28, 30, 9, light(c, .12) if side < 0 else dark(c, .1))

    def svg(self):
        return ('<svg xmlns="http://www.w3.org/2000/svg" width="960" height="960" viewBox="0 0 960 960">'
                '<defs>%s</defs>%s</svg>' % ("".join(self.defs), "".join(self.body)))
