#!/usr/bin/env python3
"""Draws the pictures of the demo catalogue.

    python3 demo/draw.py              all pictures
    python3 demo/draw.py mug teapot   some of them
    python3 demo/draw.py --svg DIR    keep the SVG files in DIR as well

Needs chromium (or $CHROMIUM) and ImageMagick's convert.
"""
import math
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
from studio import *  # noqa: E402,F403

HERE = Path(__file__).resolve().parent
PRODUCTS = {}


def product(name, category):
    def keep(fn):
        PRODUCTS[name] = (category, fn)
        return fn
    return keep


def label(a, cx, prof, y1, y2, half, c=CREAM, k=TILT):
    """A paper label glued around a turned thing."""
    part = cut(prof, y1, y2, 1.2)
    a.lathe(cx, part, c, gloss=0, raw=True, span=(-half, half), ao=False, n=40, k=k,
            tone=lambda c, n, *_: mix(dark(c, .30), light(c, .4), min(1, max(0, .25 + .8 * dot(n, SUN)))))
    return part


# ---------------------------------------------------------------- Kitchen
@product("stoneware-mug", "Kitchen")
def mug(a):
    cx = 455
    a.ground(cx, 134, tall=300)
    a.tube("M590,500C740,470 745,680 585,672", 40, OAT)
    prof = spline([(158, 430), (158, 430), (160, 520), (161, 640), (156, 715), (132, 757), (132, 757)])
    a.lathe(cx, prof, OAT, gloss=.28, raw=True)
    a.lathe(cx, cut(prof, 706, 757, .6), mix(CLAY, OAT, .35), gloss=0, raw=True)
    body = poly([(cx - r + 4, y) for r, y in prof] + [(cx + r - 4, y + 22) for r, y in prof[::-1]])
    with a.group(clip_path=a.clip(body)):
        for _ in range(150):
            x, y = a.rnd.uniform(cx - 158, cx + 158), a.rnd.uniform(455, 715)
            a.ell(x, y, a.rnd.uniform(.7, 2.2), a.rnd.uniform(.7, 1.8), WALNUT, opacity=a.rnd.uniform(.2, .6))
    a.mouth(cx, 430, 158, OAT, 9, "#5a3826")
    with a.group(filter=a.blur(7), opacity=.5):
        a.line("M430,395C400,350 470,330 440,270", "#fff", 12)
        a.line("M485,400C520,360 460,335 495,290", "#fff", 9)


@product("teapot", "Kitchen")
def teapot(a):
    cx, c = 490, SAGE
    a.ground(cx, 134, tall=300)
    # spout
    d = "M345,690C262,668 262,560 196,505L236,484C306,520 320,560 372,566Z"
    a.path(d, a.lin(light(c, .35), c, dark(c, .4), box=(215, 520, 300, 690)))
    with a.group(clip_path=a.clip(d)):
        a.line("M350,700C270,685 262,575 200,505", light(c, .6), 22, opacity=.5, filter=a.blur(8))
        a.line("M372,590C320,560 300,530 240,488", dark(c, .8), 14, opacity=.4, filter=a.blur(7))
    a.ell(216, 494, 22, 10, dark(c, .7), transform="rotate(-28 216 494)")
    # cane handle, back part
    a.tube("M352,520C330,270 650,270 628,520", 20, OAK)
    prof = spline([(92, 476), (92, 476), (150, 510), (196, 580), (202, 640), (178, 710), (130, 755), (130, 755)])
    a.lathe(cx, prof, c, gloss=.5, raw=True)
    a.ell(cx, 478, 94, 17, dark(c, .7), opacity=.6)
    lid = spline([(6, 446), (50, 452), (84, 468), (94, 478), (94, 478)])
    a.lathe(cx, lid, c, gloss=.4, raw=True, ao=False)
    a.lathe(cx, [(2, 402), (18, 408), (22, 422), (14, 438), (11, 450)], c, gloss=.6, ao=False)
    for x in (352, 628):
        a.tube(f"M{x - 14},528C{x - 10},500 {x + 10},500 {x + 14},528", 11, c)


@product("oak-board", "Kitchen")
def board(a):
    c = OAK
    a.ground(480, 200, y=770, tall=260, k=.10)
    d = ("M300,352Q300,318 334,318H418Q446,316 446,288V206Q446,168 484,168Q522,168 522,206V288Q522,316 550,318"
         "H634Q668,318 668,352V740Q668,772 636,772H332Q300,772 300,740Z")
    a.behind(d, 42, 20, 22, .34)
    a.path(d, dark(c, .55), transform="translate(9,6)")
    a.puff(d, c, 9, lo=.22, hi=.55)
    a.grain(d, c, 30, box=(290, 160, 400, 620), o=.22)
    with a.group(clip_path=a.clip(d)):
        a.path("M290,160L520,160L400,780L290,780Z", "#fff6e0", opacity=.16, filter=a.blur(30))
    a.ell(484, 214, 15, 15, dark(a.wall, .55))
    a.ell(487, 217, 13, 13, dark(a.wall, .25))
    a.tube("M478,212C440,236 424,300 436,346M482,214C462,250 448,310 452,362", 5, WALNUT)
    a.tube("M436,344q8,6 12,-4M436,346L430,372M452,360L452,386", 5, WALNUT)
    # a lemon and a leaf keep it company
    a.ball(742, 752, 46, "#e3bd4a")
    a.ell(786, 744, 10, 8, dark("#e3bd4a", .12))
    a.leaf(735, 712, -150, 66, 15, LEAF)


@product("enamel-pot", "Kitchen")
def enamel_pot(a):
    cx, c = 480, "#f3efe4"
    a.ground(cx, 200, tall=250)
    a.tube("M262,560C190,545 190,622 264,612", 24, INK)
    a.tube("M698,560C770,545 770,622 696,612", 24, INK)
    prof = spline(corners((222, 508)) + [(223, 600), (220, 710)] + corners((196, 752)))
    a.lathe(cx, prof, c, gloss=.5, raw=True)
    a.lathe(cx, [(227, 500), (229, 508), (226, 516)], INK, gloss=.6, ao=False)
    a.lathe(cx, spline([(30, 414), (90, 424), (165, 448), (214, 482), (222, 500), (222, 500)]), c, gloss=.6, raw=True,
            ao=False)
    a.lathe(cx, [(223, 496), (227, 500), (227, 506)], INK, gloss=.5, ao=False)
    a.lathe(cx, [(4, 362), (30, 366), (36, 380), (24, 396), (16, 420)], BEECH, gloss=.3, ao=False)


@product("coffee-dripper", "Kitchen")
def dripper(a):
    cx, c = 470, WHITE
    a.ground(cx, 122, tall=360, y=762)
    # carafe: glass with coffee
    glass = spline([(74, 498), (74, 498), (76, 540), (120, 610), (150, 680), (148, 735), (120, 762), (120, 762)])
    out = poly([(cx - r, y) for r, y in glass] + [(cx + 60, 780), (cx, 785), (cx - 60, 780)][::-1]
               + [(cx + r, y) for r, y in glass[::-1]])
    a.path(out, "#ffffff", opacity=.34)
    brew = cut(glass, 655, 762, -7)
    a.lathe(cx, brew, "#4c2c1b", gloss=.35, raw=True)
    a.ell(cx, 655, brew[0][0], brew[0][0] * TILT, a.lin("#7a4a2c", "#94603a"))
    edge = a.lin((0, "#ffffff", .85), (.10, "#cfd9dc", .40), (.3, "#ffffff", .06), (.7, "#ffffff", .05),
                 (.92, "#9fb0b5", .45), (1, "#ffffff", .7))
    a.path(out, edge)
    a.line("M365,700C358,640 388,600 410,562", "#fff", 9, opacity=.75, filter=a.blur(2.5))
    a.line("M586,720C600,690 590,650 578,630", "#fff", 4, opacity=.5, filter=a.blur(1.5))
    a.lathe(cx, spline(corners((79, 528), (82, 528), (82, 566), (80, 566))), WALNUT, gloss=.2, raw=True, ao=False)
    # dripper
    a.tube("M575,372C690,345 690,455 545,440", 26, c)
    a.lathe(cx, spline(corners((112, 488), (118, 490), (118, 502), (112, 506))), c, gloss=.3, raw=True, ao=False)
    cone = spline(corners((160, 322), (158, 340), (66, 492)))
    a.lathe(cx, cone, c, gloss=.45, raw=True, ao=False)
    for s in (-.62, -.2, .25, .66):
        a.line(f"M{cx + 150 * s},{346 + 20 * (1 - s * s)}L{cx + 70 * s},{480 + 8 * (1 - s * s)}", dark(c, .6), 3,
               opacity=.16)
    # paper filter and the mouth
    a.mouth(cx, 322, 160, c, 8)
    fp = "#e9d9bb"
    a.path(f"M{cx - 150},318C{cx - 120},262 {cx + 120},262 {cx + 150},318C{cx + 100},352 {cx - 100},352 {cx - 150},318Z",
           a.lin(dark(fp, .25), fp, light(fp, .4)))
    a.ell(cx, 326, 118, 17, "#5d3a26")
    a.ell(cx - 20, 323, 60, 8, "#8a5e40", opacity=.8, filter=a.blur(4))
    with a.group(filter=a.blur(7), opacity=.5):
        a.line("M450,290C420,240 490,215 460,150", "#fff", 11)
        a.line("M505,290C540,250 480,230 512,180", "#fff", 8)
    for x, y, r in ((690, 788, 20), (735, 768, 0), (668, 815, 28)):
        a.ell(x + 6, y + 8, 22, 9, dark(a.table, .9), opacity=.4, filter=a.blur(5))
        a.ell(x, y, 20, 13, a.rad(light("#6b4128", .4), "#6b4128", dark("#6b4128", .5), cx=.35, cy=.3, r=.8),
              transform=f"rotate({r} {x} {y})")
        a.line(f"M{x - 15},{y + 1}C{x - 4},{y - 5} {x + 4},{y + 5} {x + 15},{y}", "#3a2114", 2.2,
               transform=f"rotate({r} {x} {y})")


@product("chefs-knife", "Kitchen")
def knife(a):
    # an oak bar on the wall holds the blade
    bar = rounded(170, 372, 620, 84, 12)
    a.behind(bar, 16, 26, 14, .34)
    a.path(bar, dark(OAK, .45), transform="translate(5,7)")
    a.puff(bar, OAK, 8, lo=.22)
    a.grain(bar, OAK, 14, True, (170, 372, 620, 84), .26)
    blade = "M574,420L300,414Q210,416 132,448Q190,496 300,512Q420,526 560,518L566,500V470Z"
    handle = ("M580,414C640,408 700,412 760,414Q812,414 820,432Q824,456 806,468C790,478 770,468 740,468"
              "C690,468 640,476 582,476Q572,444 580,414Z")
    bolster = "M562,420L592,414L594,476L566,482L558,518L548,519Q544,460 562,420Z"
    for d in (blade, handle):
        a.behind(d, 18, 26, 12, .32)
    s = "#c6cbcd"
    a.path(blade, a.lin(light(s, .35), light(s, .8), s, dark(s, .15), light(s, .6), to=(0, 1)))
    with a.group(clip_path=a.clip(blade)):
        a.path("M110,452Q200,474 300,486Q430,498 580,492V540H110Z", a.lin(light(s, .85), light(s, .35), to=(0, 1)), opacity=.8)
        a.line("M120,452Q200,474 300,486Q430,498 580,492", dark(s, .6), 1.4, opacity=.45)
        a.path("M300,400L380,400L330,530L250,530ZM400,400L424,400L374,530L350,530Z", "#fff", opacity=.42, filter=a.blur(6))
    a.line("M574,420L300,414Q210,416 132,448", "#fff", 2, opacity=.8)
    a.puff(handle, WALNUT, 15, hi=.5)
    a.grain(handle, WALNUT, 8, True, (570, 408, 260, 68), .4)
    a.line("M610,424C670,418 730,424 790,426", "#fff", 5, opacity=.26, filter=a.blur(3))
    a.path(bolster, a.lin(light(s, .7), light(s, .2), dark(s, .4), to=(.2, 1)))
    for x in (634, 698, 762):
        a.ell(x, 443, 8, 8, a.rad("#fbe9b8", "#c59a4a", "#83602a", cx=.35, cy=.3, r=.8))
    # herbs on the table below
    a.ground(480, 120, 800, 10, .10, .45)
    a.sprig([(350, 818), (470, 800), (620, 790)], LEAF, 60, .30, 5, 4)
    a.sprig([(440, 846), (540, 836), (640, 850)], MOSS, 50, .30, 5, 4)


@product("pepper-mill", "Kitchen")
def mill(a):
    cx, c = 460, WALNUT
    a.ground(cx, 92, tall=520)
    prof = spline([(20, 262), (58, 276), (76, 316), (70, 356), (48, 384), (48, 384), (48, 394), (48, 394), (74, 408),
                   (76, 430), (60, 470), (52, 540), (60, 610), (84, 690), (92, 730), (92, 756), (92, 756)])
    a.lathe(cx, prof, c, gloss=.45, raw=True, hard=18)
    body = a.outline(cx, prof)
    a.grain(body, c, 20, box=(cx - 92, 255, 184, 520), o=.34)
    a.lathe(cx, cut(prof, 385, 394, 2), STEEL, gloss=.9, raw=True, ao=False)
    a.lathe(cx, cut(prof, 735, 756, .5), dark(c, .3), gloss=.3, raw=True, ao=False)
    a.lathe(cx, [(3, 222), (17, 228), (22, 242), (15, 256), (10, 266)], STEEL, gloss=1, ao=False)
    for _ in range(26):
        x = a.rnd.gauss(660, 62)
        y = 782 + a.rnd.uniform(-26, 34)
        r = a.rnd.uniform(6, 8.5)
        a.ell(x + 4, y + r * .8, r * 1.2, r * .5, dark(a.table, 1), opacity=.4, filter=a.blur(3))
        g = mix("#3b332e", "#6a5546", a.rnd.random())
        a.ell(x, y, r, r, a.rad(light(g, .5), g, dark(g, .6), cx=.35, cy=.3, r=.8))


@product("proving-basket", "Kitchen")
def basket(a):
    cx, c = 480, "#d8b888"
    a.ground(cx, 186, tall=220, k=.24, y=738)
    a.ell(cx, 560, 246, 246 * .24, dark(c, .5))
    # the loaf
    bread = "#b9773c"
    loaf = "M254,566C244,470 350,424 480,424C610,424 716,470 706,566C660,620 300,620 254,566Z"
    a.puff(loaf, bread, 40, lo=.30, hi=.45)
    with a.group(clip_path=a.clip(loaf)):
        a.ell(450, 470, 200, 50, "#f3dcb4", opacity=.40, filter=a.blur(22))
        for w, y in ((215, 540), (178, 506), (134, 474)):
            a.line(f"M{480 - w},{y + 44}A{w},{w * .42} 0 0 1 {480 + w},{y + 44}", "#fbeed6", 8, opacity=.34,
                   filter=a.blur(3.5))
        for pts in ([(330, 560), (420, 492), (560, 470)], [(420, 580), (500, 520), (630, 500)]):
            (x0, y0), (xm, ym), (x1, y1) = pts
            d = f"M{x0},{y0}Q{xm - 14},{ym - 22} {x1},{y1}Q{xm + 22},{ym + 22} {x0},{y0}Z"
            a.path(d, dark(bread, .7), transform="translate(3,5)", filter=a.blur(3), opacity=.7)
            a.path(d, a.lin("#f0d3a0", "#e2b578", "#f2dbb0", to=(1, .4)))
            a.line(f"M{x0},{y0}Q{xm - 14},{ym - 22} {x1},{y1}", dark(bread, .45), 4, opacity=.8)
    pts = []
    for i in range(8):
        y = 560 + i * 24.5
        r = 246 - 2 * i - .95 * i * i
        pts += [(r - 8, y), (r + 3, y + 7), (r + 3, y + 16), (r - 9, y + 23)]
    prof = spline(pts, 3)
    a.lathe(cx, prof, c, gloss=.12, k=.24, raw=True, n=60)
    for _ in range(90):
        i = a.rnd.randrange(8)
        th = a.rnd.uniform(-1.35, 1.35)
        r = 246 - 2 * i - .95 * i * i
        x, y = cx + r * math.sin(th), 572 + i * 24.5 + r * .24 * math.cos(th)
        a.line(f"M{x - 6},{y + 7}L{x + 5},{y - 9}", dark(c, .7), 1.4, opacity=.35)
    a.wheat([(700, 838), (780, 800), (900, 792)])
    a.wheat([(690, 856), (780, 832), (890, 842)])


# ---------------------------------------------------------------- Pantry
@product("olive-oil", "Pantry")
def olive_oil(a):
    cx, c = 440, "#56662f"
    a.ground(cx, 96, tall=560)
    prof = spline([(30, 250), (30, 250), (31, 330), (34, 372), (62, 420), (92, 462), (98, 510), (98, 620), (98, 700),
                   (97, 740), (88, 757), (88, 757)])
    a.lathe(cx, prof, c, gloss=.6, raw=True, hard=14)
    body = a.outline(cx, prof)
    with a.group(clip_path=a.clip(body)):
        a.path("M480,470C530,500 530,700 500,770L538,770V460Z", "#b9c25a", opacity=.45, filter=a.blur(12))
        a.line("M376,480V740", "#fff", 9, opacity=.45, filter=a.blur(3))
        a.line("M420,270V360C420,400 380,420 372,460", "#fff", 7, opacity=.4, filter=a.blur(3))
    a.lathe(cx, spline(corners((35, 246), (36, 250), (36, 300), (34, 304))), "#33302b", gloss=.4, raw=True, ao=False)
    a.ell(cx, 246, 35, 6, "#55504a")
    label(a, cx, prof, 540, 690, .86)
    a.text(cx - 2, 606, "OLIVE OIL", 25, MOSS, 3)
    a.line(f"M{cx - 46},622q46,10 92,0", MOSS, 1.6)
    a.sprig([(cx - 34, 670), (cx, 660), (cx + 36, 650)], MOSS, 20, .3, 4, 1.6)
    a.ground(690, 90, 800, 10, .12, .5)
    a.sprig([(585, 812), (680, 800), (800, 752)], "#7d8f5c", 92, .13, 4, 5, bare=WALNUT)
    a.ball(648, 800, 24, "#5d6b35", .6)
    a.ball(706, 814, 25, "#3f3440", .6)


@product("wildflower-honey", "Pantry")
def honey(a):
    cx, c = 450, HONEY
    a.ground(cx, 136, tall=300)
    prof = spline([(122, 448), (122, 448), (146, 478), (150, 520), (150, 640), (149, 715), (134, 757), (134, 757)])

    def glow(c, n, gloss, hard):
        t = .5 + .5 * n[0]
        col = mix(dark(c, .45), mix(c, "#ffd76a", .75), min(1, .25 + t * .85))
        col = mix(col, dark(c, .5), max(0, abs(n[0]) - .86) * 3)
        s = max(0, dot(n, HALF)) ** 30 * .5
        return mix(col, "#fff8e0", s)
    a.lathe(cx, prof, c, raw=True, tone=glow, ao=False)
    body = a.outline(cx, prof)
    with a.group(clip_path=a.clip(body)):
        a.line("M328,510V720", "#fff", 12, opacity=.55, filter=a.blur(4))
        a.line("M582,520V700", "#fff3c0", 8, opacity=.6, filter=a.blur(4))
        a.ell(cx + 60, 770, 120, 26, "#ffe08a", opacity=.7, filter=a.blur(10))
    # a warm caustic on the table
    a.ell(690, 776, 80, 14, "#ffcf66", opacity=.55, filter=a.blur(12))
    label(a, cx, prof, 548, 690, .68)
    a.text(cx - 4, 626, "HONEY", 36, RUST, 5)
    a.line(f"M{cx - 64},648q62,12 124,0", RUST, 1.8)
    a.text(cx - 4, 680, "wildflower", 20, WALNUT, 1, font_style="italic")
    a.lathe(cx, spline(corners((130, 394), (134, 398), (134, 446), (131, 450))), "#c9a765", gloss=.8, raw=True, ao=False)
    a.ell(cx, 394, 130, 130 * TILT, a.lin(light("#c9a765", .55), "#d5b677", dark("#c9a765", .1)))
    a.ell(cx, 395, 112, 112 * TILT, "none", stroke=dark("#c9a765", .3), stroke_width=1.5, opacity=.5)
    # dipper
    a.ground(745, 70, 806, 10, .12, .7)
    a.tube("M715,800L880,752", 13, BEECH)
    with a.group(transform="translate(690,808) rotate(-16)"):
        for i, r in enumerate((20, 26, 29, 29, 26, 19)):
            x = -42 + i * 13
            a.ell(x, 0, 8, r, a.lin(light(BEECH, .4), BEECH, dark(BEECH, .45), to=(0, 1)))
            a.ell(x + 6.5, 0, 3, r * .8, dark(BEECH, .7))


@product("apricot-jam", "Pantry")
def jam(a):
    cx, c = 430, "#dd7f2a"
    a.ground(cx, 128, tall=280)
    prof = spline([(128, 470), (128, 470), (138, 500), (140, 560), (140, 680), (138, 730), (126, 757), (126, 757)])
    a.lathe(cx, prof, c, gloss=.55, raw=True)
    body = a.outline(cx, prof)
    with a.group(clip_path=a.clip(body)):
        for _ in range(26):
            x, y = a.rnd.uniform(cx - 130, cx + 130), a.rnd.uniform(500, 765)
            a.ell(x, y, a.rnd.uniform(14, 34), a.rnd.uniform(10, 22), a.rnd.choice(["#f6b04c", "#c9631c", "#f0993a"]),
                  opacity=.38, filter=a.blur(5))
        a.line(f"M{cx - 112},510V720", "#fff", 10, opacity=.55, filter=a.blur(4))
        a.line(f"M{cx + 122},520V700", "#ffe2b0", 7, opacity=.5, filter=a.blur(4))
    label(a, cx, prof, 568, 696, .66)
    a.text(cx - 3, 640, "APRICOT", 28, RUST, 4)
    a.line(f"M{cx - 56},660q54,10 108,0", RUST, 1.6)
    a.text(cx - 3, 690, "jam", 22, WALNUT, 1, font_style="italic")
    # gingham cap
    cap = ("M290,402C300,366 560,366 570,402L574,440C584,470 604,496 600,514C580,520 570,506 552,524C536,536 520,516 "
           "496,532C474,542 456,522 430,536C404,546 386,524 362,534C340,540 326,518 306,526C288,526 276,510 262,512"
           "C262,494 280,470 288,440Z")
    g = "#b4574a"
    a.path(cap, dark(c, .9), opacity=.35, filter=a.blur(6), transform="translate(4,10)")
    tex = a.pattern(34, 34, f'<rect width="34" height="34" fill="{CREAM}"/><rect width="17" height="34" fill="{g}" '
                    f'opacity=".5"/><rect width="34" height="17" fill="{g}" opacity=".5"/>', 8)
    a.puff(cap, CREAM, 22, tex, lo=.26, hi=.4)
    a.folds(cap, "#c9a58f", [f"M{x},446C{x + (x - 430) * .1},470 {x + (x - 430) * .16},500 {x + (x - 430) * .2},540"
                             for x in (318, 366, 420, 474, 528)], 9, 4, .34)
    with a.group(clip_path=a.clip(cap)):
        a.line("M280,444C330,470 530,470 580,444", dark(g, .8), 18, opacity=.35, filter=a.blur(6))
    a.tube("M289,440C330,462 530,462 573,440", 8, LINEN)
    a.tube("M430,458C390,440 372,486 432,462C490,486 480,436 430,458", 5, LINEN)
    a.tube("M428,462L404,510M434,462L462,508", 4, LINEN)
    for x, y, r in ((716, 742, 62), (640, 786, 52)):
        a.ball(x, y, r, "#eda04a", .25)
        a.ell(x + r * .3, y + r * .25, r * .5, r * .5, "#d4572f", opacity=.35, filter=a.blur(14))
        a.line(f"M{x - r * .1},{y - r * .85}C{x + r * .35},{y - r * .4} {x + r * .3},{y + r * .4} {x},{y + r * .9}",
               "#a8501f", 4, opacity=.5, filter=a.blur(2))
    a.line("M710,684L718,664", WALNUT, 5)
    a.leaf(716, 672, -28, 84, 20, LEAF)


@product("black-tea", "Pantry")
def tea(a):
    cx, c = 440, INK
    a.ground(cx, 128, tall=400)
    prof = spline(corners((128, 400), (128, 752), (126, 757)))
    a.lathe(cx, prof, c, gloss=.35, raw=True, hard=10)
    a.lathe(cx, spline(corners((126, 340), (131, 345), (131, 420), (130, 422))), c, gloss=.45, raw=True, ao=False,
            hard=10)
    a.line(f"M{cx - 131},423q131,44 262,0", dark(c, .9), 3, opacity=.7)
    a.lathe(cx, cut(prof, 738, 746, 1), "#c2a05e", gloss=.6, raw=True, ao=False)
    a.ell(cx, 340, 127, 127 * TILT, a.lin(light(c, .38), light(c, .14), c))
    a.ell(cx, 340, 108, 108 * TILT, "none", stroke=light(c, .5), stroke_width=1.4, opacity=.5)
    a.lathe(cx, [(3, 306), (17, 310), (20, 320), (13, 330), (10, 338)], "#c2a05e", gloss=.9, ao=False)
    label(a, cx, prof, 492, 676, .62)
    a.text(cx - 4, 578, "TEA", 50, INK, 8)
    a.line(f"M{cx - 62},598q60,12 120,0", INK, 1.8)
    a.text(cx - 4, 634, "Earl Grey", 24, WALNUT, 1, font_style="italic")
    a.sprig([(cx - 36, 670), (cx, 666), (cx + 34, 656)], MOSS, 18, .32, 4, 1.5)
    # a scoop of leaves
    a.ground(700, 84, 800, 20, .2, .8)
    s = "#c2a05e"
    a.tube("M760,785L880,740", 11, s)
    a.ell(690, 792, 88, 34, a.lin(light(s, .5), s, dark(s, .3)))
    a.ell(690, 788, 80, 27, dark(s, .6))
    for _ in range(150):
        t, q = a.rnd.uniform(0, 6.28), math.sqrt(a.rnd.random())
        x, y = 690 + 72 * q * math.cos(t), 784 + 20 * q * math.sin(t)
        r = a.rnd.uniform(0, 180)
        a.line(f"M-6,0q6,{a.rnd.uniform(-4, 4):.1f} 12,0", a.rnd.choice(["#2f241d", "#4a382b", "#221a15", "#6a4e38"]),
               a.rnd.uniform(2, 3.6), transform=f"translate({x:.1f},{y:.1f}) rotate({r:.0f})")
    for _ in range(7):
        x, y = a.rnd.uniform(640, 740), a.rnd.uniform(774, 794)
        a.ell(x, y, 4, 2.5, a.rnd.choice(["#6c86b5", "#d9a441"]))


@product("rye-flour", "Pantry")
def flour(a):
    c = "#cfae80"
    a.ground(470, 160, tall=420, k=.12)
    side = "M600,352L652,330L650,742L606,772Z"
    front = "M326,352C400,346 520,346 600,352L606,772C520,780 400,780 318,772Z"
    a.path(side, a.lin(dark(c, .28), dark(c, .5)))
    a.path("M606,352L630,560L606,772Z", dark(c, .7), opacity=.35, filter=a.blur(5))
    a.puff(front, c, 16, lo=.26, hi=.5)
    a.folds(front, c, ["M340,440C420,470 380,520 330,560", "M590,600C540,620 560,690 600,720",
                       "M360,760C380,720 350,690 330,650"], 14, 8, .16)
    # rolled top
    top = "M322,270C400,262 560,258 654,252L656,334C560,350 420,360 322,356Q312,312 322,270Z"
    a.path(top, dark(c, .9), opacity=.4, filter=a.blur(7), transform="translate(2,16)")
    a.puff(top, c, 14, lo=.3, hi=.55)
    a.line("M324,312C420,312 560,304 655,294", dark(c, .6), 2, opacity=.5)
    a.tube("M316,322C420,330 560,322 658,308", 7, CREAM)
    a.tube("M470,326C430,300 410,360 470,330C530,356 520,296 470,326M468,330L446,384M474,330L500,380", 5, CREAM)
    lab = rounded(366, 452, 196, 218, 6)
    a.behind(lab, 2, 3, 3, .25)
    a.path(lab, a.lin(light(CREAM, .5), CREAM, dark(CREAM, .08), to=(1, 1)))
    a.path(rounded(376, 462, 176, 198, 3), "none", stroke=RUST, stroke_width=1.4, opacity=.7)
    a.line("M464,570V496", RUST, 2.4)
    for i in range(5):
        for side in (-1, 1):
            a.leaf(464, 546 - i * 12, -90 + side * 32, 24, 6, RUST)
    a.leaf(464, 498, -90, 24, 6, RUST)
    a.text(464, 618, "RYE", 44, RUST, 8)
    a.text(464, 646, "stone-ground", 19, WALNUT, .6, font_style="italic")
    a.wheat([(640, 838), (730, 804), (860, 800)])
    a.wheat([(650, 852), (740, 830), (868, 846)])


# ---------------------------------------------------------------- Home
@product("beeswax-candle", "Home")
def candle(a):
    cx = 470
    a.ground(cx, 121, tall=230)
    wax = "#ecd9a6"
    prof = spline(corners((130, 470), (130, 735)) + [(120, 757), (120, 757)])
    out = poly([(cx - r, y) for r, y in prof] + [(cx - 60, 777), (cx, 779), (cx + 60, 777)]
               + [(cx + r, y) for r, y in prof[::-1]])
    a.ell(cx, 470, 130, 130 * TILT, "#ffffff", opacity=.25)
    body = cut(prof, 532, 757, -6)

    def lit(c, n, gloss, hard):
        return mix(shade(c, n, .1, 10), "#ffd98a", .28)
    a.lathe(cx, body, wax, raw=True, tone=lit)
    a.ell(cx, 532, 124, 124 * TILT, a.rad("#fff6d0", "#fbe4a4", "#e3c27c", r=.6))
    a.ell(cx, 533, 48, 8, "#fff9de", opacity=.8, filter=a.blur(4))
    a.line(f"M{cx},532C{cx - 2},520 {cx + 3},512 {cx + 1},500", COAL, 5)
    a.ell(cx, 440, 210, 210, a.rad((0, "#ffe9b0", .75), (.35, "#ffe0a0", .28), (1, "#ffe0a0", 0)))
    fl = f"M{cx},398C{cx + 34},446 {cx + 30},500 {cx + 1},508C{cx - 30},500 {cx - 30},446 {cx},398Z"
    a.path(fl, a.lin((0, "#fff3c4"), (.5, "#ffd065"), (.85, "#f59b3a"), (1, "#7f8fb0"), to=(0, 1)), filter=a.blur(1.5))
    a.path(f"M{cx},436C{cx + 16},466 {cx + 14},490 {cx},496C{cx - 14},490 {cx - 14},466 {cx},436Z", "#fffbe8",
           filter=a.blur(3))
    a.path(out, a.lin((0, "#ffffff", .8), (.07, "#d5dcdc", .35), (.2, "#ffffff", .10), (.75, "#ffffff", .02),
                      (.95, "#8f9a9a", .40), (1, "#ffffff", .6)))
    a.line(f"M{cx - 108},486V740", "#fff", 9, opacity=.6, filter=a.blur(3))
    a.ell(cx, 470, 130, 130 * TILT, "none", stroke="#fff", stroke_width=4, opacity=.85)
    a.line(f"M{cx - 128},474q128,44 256,0", "#fff", 3, opacity=.6)
    label(a, cx, prof, 610, 706, .56)
    a.text(cx - 4, 676, "BEESWAX", 24, WALNUT, 4)
    a.line(f"M{cx - 46},692q44,8 88,0", MUSTARD, 1.8)
    # matches
    for x, y, r in ((716, 800, -14), (730, 822, 6)):
        with a.group(transform=f"translate({x},{y}) rotate({r})"):
            a.line("M-60,5H62", dark(a.table, .9), 7, opacity=.35, filter=a.blur(3))
            a.line("M-60,0H60", BEECH, 7)
            a.line("M-60,-2H60", light(BEECH, .5), 2, opacity=.8)
            a.ell(-62, 0, 10, 6.5, RUST)


@product("wool-blanket", "Home")
def blanket(a):
    c = "#b9aa92"
    a.ground(480, 270, y=770, tall=200, k=.10)
    top = "M232,470C300,436 420,424 500,424C600,424 686,430 714,452L734,482L228,492Z"
    a.path(top, a.lin(light(c, .42), light(c, .12), to=(1, .5)))
    with a.group(clip_path=a.clip(top)):
        for x, w, col in ((318, 13, CREAM), (342, 9, RUST), (366, 13, CREAM)):
            a.line(f"M{x - 14},500L{x + 26},410", col, w, opacity=.7)
        a.path(top, a.linen(c, 7))
    for i in range(5):
        h = 62
        y = 708 - i * 59
        x0, x1 = 214 + (i * 7) % 12, 748 - (i * 5) % 11
        d = (f"M{x0 + 26},{y}C{x0 + 200},{y - 4} {x1 - 150},{y + 3} {x1 - 16},{y}Q{x1},{y + 4} {x1},{y + h * .5}"
             f"Q{x1},{y + h - 4} {x1 - 18},{y + h}C{x1 - 170},{y + h + 3} {x0 + 200},{y + h - 3} {x0 + 26},{y + h}"
             f"Q{x0},{y + h - 4} {x0},{y + h * .5}Q{x0},{y + 4} {x0 + 26},{y}Z")

        def paint():
            for sx, w, col in ((302, 13, CREAM), (326, 9, RUST), (350, 13, CREAM)):
                a.line(f"M{sx},{y - 4}q{-4 + i},{h * .5} 0,{h + 8}", col, w, opacity=.75)
            a.path(d, a.linen(c, 7), opacity=.7)
        a.path(d, dark(c, 1), opacity=.40, filter=a.blur(5), transform="translate(2,5)")
        a.puff(d, c, 11, a.linen(c, 7), lo=.26, hi=.42, paint=paint)
    # the end hangs over the front with its fringe
    d = "M430,486Q448,446 476,430C540,423 610,424 656,432Q684,446 690,486C696,530 690,600 694,668C610,676 500,676 434,670C428,600 434,540 430,486Z"
    a.path(d, dark(c, 1), opacity=.4, filter=a.blur(9), transform="translate(7,7)")
    for i in range(27):
        x = 438 + i * 9.7
        q = a.rnd.uniform(-5, 5)
        a.line(f"M{x},664C{x + q},684 {x - q},700 {x + q},{722 + a.rnd.uniform(-5, 5)}", dark(c, .35), 6)
        a.line(f"M{x - 1},664C{x + q - 1},684 {x - q - 1},700 {x + q - 1},{718 + a.rnd.uniform(-5, 5)}", light(c, .25), 3)
    a.puff(d, c, 14, a.linen(c, 7), lo=.28, hi=.5)
    with a.group(clip_path=a.clip(d)):
        for y, w, col in ((590, 16, CREAM), (618, 10, RUST), (644, 16, CREAM)):
            a.line(f"M420,{y}C520,{y + 8} 600,{y - 4} 710,{y + 4}", col, w, opacity=.75)
        a.path(d, a.linen(c, 7), opacity=.8)
    a.folds(d, c, ["M500,470C506,540 496,600 504,680", "M612,470C606,540 618,610 610,680"], 16, 9, .16)


@product("notebook", "Home")
def notebook(a):
    c = "#5f7a72"
    a.ground(470, 185, y=772, tall=360, k=.09)
    # page block, then back and front cover
    a.path("M628,326L656,314L656,754L628,768Z", dark(c, .35))
    a.path("M628,332L650,322L650,748L628,760Z", a.lin(dark(CREAM, .1), CREAM, dark(CREAM, .2)))
    for i in range(9):
        x = 631 + i * 2.2
        a.line(f"M{x},{331 - i * 1.0}V{757 - i * 1.2}", dark(CREAM, .6), .9, opacity=.35)
    a.path("M304,330L330,315L656,314L628,328Z", a.lin(CREAM, dark(CREAM, .12)))
    front = "M312,326H616Q630,326 630,340V756Q630,770 616,770H312Q300,770 300,758V338Q300,326 312,326Z"
    a.path(front, dark(c, .9), opacity=.5, transform="translate(4,4)", filter=a.blur(3))
    a.puff(front, c, 8, a.linen(c, 5), lo=.24, hi=.45)
    with a.group(clip_path=a.clip(front)):
        a.path("M300,320H352V780H300Z", dark(c, .45), opacity=.75)
        a.line("M353,320V780", dark(c, .9), 3, opacity=.5)
        a.line("M356,320V780", light(c, .6), 2, opacity=.4)
        a.path("M300,320L560,320L380,780L300,780Z", "#fff", opacity=.10, filter=a.blur(30))
        a.tube("M588,310V790", 11, CREAM)
    lab = rounded(400, 428, 146, 92, 4)
    a.path(lab, CREAM)
    a.path(rounded(407, 435, 132, 78, 2), "none", stroke=WALNUT, stroke_width=1.2, opacity=.6)
    for y in (466, 488):
        a.line(f"M424,{y}H522", WALNUT, 1.2, opacity=.5)
    a.path("M540,768V818L550,808L560,818V768Z", RUST)
    # pencil
    with a.group(transform="translate(744,806) rotate(-17)"):
        a.line("M-86,10H100", dark(a.table, 1), 12, opacity=.35, filter=a.blur(5))
        a.path("M-64,-9H92V9H-64Z", a.lin(light(MUSTARD, .4), MUSTARD, dark(MUSTARD, .35), to=(0, 1)))
        a.line("M-64,-2.5H92", dark(MUSTARD, .35), 1, opacity=.5)
        a.path("M-64,-9L-96,0L-64,9Z", a.lin(light(BEECH, .4), dark(BEECH, .2), to=(0, 1)))
        a.path("M-86,-2.8L-96,0L-86,2.8Z", COAL)
        a.path("M92,-9h14q6,9 0,18h-14Z", a.lin("#e6b0a4", "#b3746b", to=(0, 1)))


@product("stem-vase", "Home")
def vase(a):
    cx, c = 470, CLAY
    a.ground(cx, 82, tall=420)
    for pts in ([(468, 470), (440, 330), (360, 215), (318, 168)], [(470, 470), (480, 320), (530, 200), (548, 118)],
                [(474, 470), (520, 360), (610, 290), (668, 268)]):
        a.sprig(pts, "#93a184", 70, .26, 4, 5, 9, bare=WALNUT)
    prof = spline([(44, 446), (44, 446), (36, 470), (38, 510), (70, 560), (118, 616), (132, 668), (112, 728), (78, 757),
                   (78, 757)])
    a.lathe(cx, prof, c, gloss=.12, hard=10, raw=True)
    part = cut(prof, 640, 700, .4)
    a.lathe(cx, part, OAT, gloss=.05, raw=True, ao=False)
    for y in (640, 700):
        part = cut(prof, y - 1, y + 2, .8)
        a.lathe(cx, part, dark(c, .4), gloss=0, raw=True, ao=False)
    # the mouth, with the stems passing its near lip
    a.ell(cx, 446, 44, 8, "none", stroke=light(c, .4), stroke_width=3)
    a.line(f"M{cx - 43},447q43,15 86,0", light(c, .25), 5)


@product("linen-cushion", "Home")
def cushion(a):
    c = "#c99a83"
    a.ground(480, 205, y=756, tall=260, k=.09)
    d = ("M236,300C300,330 420,322 482,322C560,322 660,330 726,298C740,292 748,304 742,318C716,390 716,450 718,530"
         "C718,610 722,680 746,748C752,764 738,776 722,768C650,742 560,752 482,752C400,752 310,744 240,770"
         "C222,776 212,764 218,748C246,680 244,610 244,530C244,450 240,390 220,320C214,304 222,294 236,300Z")
    a.behind(d, 40, 16, 26, .26)
    a.puff(d, c, 46, a.linen(c, 6), lo=.36, hi=.5)
    with a.group(clip_path=a.clip(d)):
        for x, w in ((330, 8), (352, 24), (374, 8), (590, 8), (612, 24), (634, 8)):
            b = (x - 480) * .12
            a.line(f"M{x + b},290C{x - b * .4},420 {x - b * .4},640 {x + b},790", CREAM, w, opacity=.62)
        a.path(d, a.linen(c, 6), opacity=.7)
        a.ell(400, 460, 150, 130, "#fff3e4", opacity=.28, filter=a.blur(50))
        a.ell(630, 680, 160, 120, dark(c, .8), opacity=.22, filter=a.blur(50))
    a.folds(d, c, ["M236,312C280,352 300,380 312,420", "M732,310C690,350 676,380 664,424", "M232,760C280,716 300,690 308,650",
                   "M734,760C694,720 676,690 668,650", "M480,326C478,350 484,370 480,396"], 13, 7, .20)
    a.line(d, dark(c, .5), 6, opacity=.55)
    a.line(d, light(c, .35), 2.2, opacity=.8, transform="translate(-1,-1)")


@product("table-lamp", "Home")
def lamp(a):
    cx, c = 470, "#7f9390"
    a.ground(cx, 70, tall=420)
    a.ell(cx, 430, 380, 300, a.rad((0, "#fff0c8", .65), (.5, "#ffe9b8", .22), (1, "#ffe9b8", 0)))
    a.tube("M560,752C690,790 800,760 1000,800", 7, COAL, gloss=.1)
    a.lathe(cx, spline(corners((9, 440), (9, 520))), "#b9985a", gloss=.8, raw=True, ao=False, n=20)
    prof = spline([(18, 512), (18, 512), (26, 530), (70, 566), (106, 620), (112, 668), (94, 722), (66, 757), (66, 757)])
    a.lathe(cx, prof, c, gloss=.45, raw=True)
    a.ell(cx, 545, 60, 16, "#ffe6ae", opacity=.5, filter=a.blur(10))
    sh = "#f0dfb8"
    top, low = (118, 200), (196, 458)

    def glow(c, n, gloss, hard):
        v = max(0, n[2])
        return mix(dark(c, .22), "#fff5d4", v ** 1.1 * .95)
    a.ell(cx, top[1], 118, 118 * TILT, dark(sh, .12))
    a.ell(cx, top[1] + 2, 112, 105 * TILT, a.rad("#fffbe6", "#ffeebd", "#e6cf98", r=.6))
    sp = spline(corners(top, low))
    a.lathe(cx, sp, sh, raw=True, tone=glow, ao=False)
    dd = poly([(cx - 118, 200), (cx - 196, 458)] + [(cx + 196 * math.sin(t / 10), 458 + 33 * math.cos(t / 10))
                                                  for t in range(-15, 16)] + [(cx + 196, 458), (cx + 118, 200)])
    with a.group(clip_path=a.clip(dd)):
        a.path(dd, a.linen("#d2b680", 6), opacity=.8)
        a.ell(cx, 360, 120, 120, "#fffdf0", opacity=.55, filter=a.blur(36))
    for p in (cut(sp, 449, 458, 1), cut(sp, 200, 206, 1)):
        a.lathe(cx, p, sh, gloss=0, raw=True, ao=False)


# ---------------------------------------------------------------- Bath
@product("olive-soap", "Bath")
def soap(a):
    a.ground(480, 250, y=778, tall=60, k=.13)
    w = BEECH
    # slatted dish
    a.path("M236,742L292,692H690L734,742Z", a.lin(light(w, .4), w, dark(w, .12), to=(1, .4)))
    for i in range(6):
        x0, x1 = 290 + i * 66, 326 + i * 58
        a.line(f"M{x0},744L{x1},694", dark(w, .8), 7, opacity=.55, stroke_linecap="butt")
    front = rounded(234, 742, 502, 34, 8)
    a.puff(front, w, 7, lo=.26)
    a.grain(front, w, 6, True, (234, 742, 502, 34), .3)
    for x in (270, 640):
        a.path(f"M{x},776h60l-5,18h-50Z", a.lin(w, dark(w, .5), to=(0, 1)))

    def bar(x, y, wd, h, dp, c, turn=0):
        sk = dp * .5
        a.ell(x + wd * .55, y + h + 2, wd * .58, 18, dark(c, 1), opacity=.45, filter=a.blur(9))
        top = (f"M{x + 16},{y}L{x + sk + 12},{y - dp}Q{x + sk + 22},{y - dp - 8} {x + sk + 36},{y - dp - 8}"
               f"H{x + wd + sk - 18}Q{x + wd + sk + 4},{y - dp - 8} {x + wd + sk},{y - dp + 8}L{x + wd - 4},{y + 8}Z")
        side = (f"M{x + wd - 8},{y}L{x + wd + sk - 4},{y - dp}Q{x + wd + sk + 6},{y - dp + 4} {x + wd + sk + 4},"
                f"{y - dp + 22}V{y + h - dp - 6}Q{x + wd + sk},{y + h - dp + 8} {x + wd - 2},{y + h - 8}Z")
        fr = rounded(x, y - 4, wd, h, 20)
        a.path(side, a.lin(dark(c, .28), dark(c, .5)))
        a.path(top, a.lin(light(c, .62), light(c, .25), to=(1, .3)))
        a.puff(fr, c, 12, lo=.24, hi=.5)
        a.line(f"M{x + 20},{y - 1}H{x + wd - 20}", light(c, .8), 5, opacity=.7, filter=a.blur(2))
        return fr
    bar(306, 616, 320, 112, 54, "#a3ab74")
    bar(330, 492, 290, 104, 50, "#d8cfae")
    with a.group(opacity=.55):
        a.sprig([(420, 566), (474, 548), (540, 520)], "#9a9268", 34, .28, 4, 2.5)
    a.text(466, 692, "OLIVE", 38, dark("#a3ab74", .45), 10, opacity=.75)
    a.text(466, 693.6, "OLIVE", 38, "#fff", 10, opacity=.25)
    a.ground(790, 70, 830, 8, .12, .5)
    a.sprig([(690, 846), (780, 836), (900, 800)], "#8a9a6c", 80, .14, 4, 5, bare=WALNUT)
    for x, y, r in ((286, 690, 22), (264, 716, 13), (640, 596, 14)):
        a.ell(x, y, r, r, a.rad((0, "#ffffff", .25), (.7, "#ffffff", .18), (1, "#ffffff", .75)))
        a.ell(x - r * .35, y - r * .35, r * .22, r * .16, "#fff", opacity=.9)


@product("bath-brush", "Bath")
def brush(a):
    a.rail([250, 480, 710])
    c = BEECH
    a.tube("M480,200C462,240 470,280 480,292C492,280 498,240 480,200", 5, WALNUT)
    h = ("M480,262C502,262 508,284 506,310C500,400 498,450 504,500C512,540 566,560 572,640C576,740 540,800 480,800"
         "C420,800 384,740 388,640C394,560 448,540 456,500C462,450 460,400 454,310C452,284 458,262 480,262Z")
    a.behind(h, 34, 30, 18, .32)
    # bristles show at the rim, then the wooden back
    for i in range(120):
        t = math.radians(-20 + i * 220 / 119)
        x, y = 480 + 92 * math.cos(t), 668 + 128 * math.sin(t)
        n = a.rnd.uniform(20, 27) * min(1, .25 + 5 * math.sin(math.pi * i / 119))
        a.line(f"M{x:.1f},{y:.1f}l{n * math.cos(t) + 4:.1f},{n * math.sin(t) + 4:.1f}",
               mix("#efe3c8", "#b79a6b", a.rnd.random()), 3.4)
    a.path(h, dark(c, .6), transform="translate(6,7)")
    a.puff(h, c, 20, lo=.3, hi=.55)
    a.grain(h, c, 20, box=(380, 260, 200, 550), o=.26)
    with a.group(clip_path=a.clip(h)):
        a.ell(440, 640, 34, 90, "#fff", opacity=.30, filter=a.blur(18))
    d = "M480,560C540,560 552,620 552,664C552,740 520,776 480,776C440,776 408,740 408,664C408,620 420,560 480,560Z"
    a.line(d, dark(c, .6), 2.5, opacity=.45)
    a.line(d, light(c, .6), 2, opacity=.5, transform="translate(1.5,1.8)")
    a.ell(480, 288, 9, 9, dark(c, .7))
    a.tube("M480,200C472,240 470,272 478,288M480,200C490,240 492,272 482,288", 5, WALNUT)


@product("waffle-towel", "Bath")
def towel(a):
    c = "#9db3b3"
    for x in (150, 810):
        a.ell(x + 12, 232, 34, 32, dark(a.wall, 1), opacity=.3, filter=a.blur(9))
        a.ell(x, 216, 32, 32, a.rad(light(BEECH, .5), BEECH, dark(BEECH, .35), cx=.35, cy=.3, r=.8))
    a.line("M110,236H850", dark(a.wall, 1), 18, opacity=.28, filter=a.blur(9), transform="translate(14,18)")
    a.tube("M112,216H848", 26, BEECH)
    back = "M346,214H660L668,640C600,650 400,650 352,642Z"
    a.behind(back, 30, 24, 18, .30)
    a.puff(back, dark(c, .28), 14, a.waffle(dark(c, .28), 18), lo=.3, hi=.2)
    d = ("M306,232Q306,196 330,194H610Q638,196 638,232C634,380 642,560 644,772C590,782 540,770 480,778"
         "C420,784 360,772 298,778C302,580 308,400 306,232Z")
    a.behind(d, 26, 24, 18, .32)

    def paint():
        for y in (690, 716):
            a.line(f"M280,{y}C360,{y + 6} 420,{y - 4} 500,{y + 3}C560,{y + 6} 620,{y - 3} 690,{y}", CREAM, 12, opacity=.8)
    a.puff(d, c, 22, a.waffle(c, 18), lo=.28, hi=.40, paint=paint)
    a.folds(d, c, ["M392,240C382,400 404,600 386,790", "M512,240C524,420 500,600 516,790", "M594,260C586,440 606,620 596,790"],
            30, 16, .20)
    with a.group(clip_path=a.clip(d)):
        a.line("M290,206H660", "#fff", 14, opacity=.35, filter=a.blur(6))
        a.line("M290,246H660", dark(c, 1), 16, opacity=.26, filter=a.blur(8))
        a.line("M280,778C380,786 420,772 500,780C570,774 620,784 690,772", dark(c, .7), 10, opacity=.3)


# ---------------------------------------------------------------- Garden
@product("watering-can", "Garden")
def can(a):
    cx, c = 500, "#6f8a7a"
    a.ground(cx, 150, tall=330)
    a.tube("M432,474C430,330 560,296 630,392C690,480 690,610 640,690", 20, c)
    # spout
    sp = "M392,700L214,420L240,402L404,600Z"
    a.path(sp, a.lin(light(c, .4), c, dark(c, .45), box=(270, 560, 330, 520)))
    a.tube("M352,520L262,468", 9, c)
    with a.group(transform="translate(222,402) rotate(-33)"):
        a.path("M-22,14L-52,-40H52L22,14Z", a.lin(light("#c2a05e", .5), "#c2a05e", dark("#c2a05e", .4)))
        a.ell(0, -40, 52, 17, a.lin(light("#c2a05e", .6), light("#c2a05e", .15), dark("#c2a05e", .2)))
        for i in range(14):
            t = i * 2.4
            q = math.sqrt((i + .5) / 14) * .8
            a.ell(52 * q * math.cos(t), -40 + 17 * q * math.sin(t), 2.6, 1.7, dark("#c2a05e", .9))
    prof = spline(corners((118, 480), (152, 745), (150, 757)))
    a.lathe(cx, prof, c, gloss=.3, hard=10, raw=True)
    for y in (520, 716):
        a.lathe(cx, [(cut(prof, y, y + 10)[0][0] + 1, y), (cut(prof, y, y + 10)[0][0] + 5, y + 5),
                     (cut(prof, y, y + 10)[-1][0] + 1, y + 10)], c, gloss=.4, ao=False)
    a.mouth(cx, 480, 118, c, 5, "#7d97a0")
    a.tube("M432,476C432,440 436,410 450,386", 20, c)
    a.ell(433, 480, 15, 7, dark(c, .25))


@product("secateurs", "Garden")
def secateurs(a):
    a.rail([250, 480, 710])
    s = "#b9bfc1"
    strap = "M480,206C458,250 446,300 470,338"
    r1 = ("M470,470C430,540 392,600 398,690C400,760 412,800 430,806C450,808 452,780 448,740C444,660 470,600 506,520"
          "C512,490 490,462 470,470Z")
    r2 = ("M494,466C540,530 584,590 580,690C578,760 566,800 548,806C528,808 526,780 530,740C534,660 500,600 462,516"
          "C454,488 474,458 494,466Z")
    blade = "M462,504C440,440 452,340 500,262C516,300 528,380 520,440C516,480 506,504 494,516Z"
    hook = "M504,510C536,470 548,400 532,330C528,300 512,300 514,322C520,390 500,430 470,462C462,490 484,516 504,510Z"
    for d in (r1, r2, blade, hook):
        a.behind(d, 24, 22, 12, .26)
    a.path(hook, a.lin(dark(s, .2), dark(s, .5), light(s, .2), to=(1, .3)))
    a.puff(r1, RUST, 16, lo=.36, hi=.6)
    a.path(blade, a.lin(light(s, .8), s, light(s, .4), dark(s, .3), to=(1, .2)))
    with a.group(clip_path=a.clip(blade)):
        a.path("M450,500C436,430 452,330 502,258L486,330C466,390 468,440 486,510Z", "#fff", opacity=.55)
        a.line("M486,330C466,390 468,440 486,510", dark(s, .6), 1.6, opacity=.6)
    # spring
    for i in range(7):
        y = 570 + i * 7
        a.line(f"M{474 - i},{y}q{14 + i},9 {28 + 2 * i},-2", dark(s, .45), 4.5)
        a.line(f"M{474 - i},{y - 1}q{14 + i},9 {28 + 2 * i},-2", light(s, .6), 1.6)
    a.puff(r2, RUST, 16, lo=.36, hi=.6)
    for d, p in ((r1, "M420,600C406,660 410,730 424,780"), (r2, "M556,610C566,670 560,730 548,780")):
        with a.group(clip_path=a.clip(d)):
            a.line(p, "#fff", 7, opacity=.35, filter=a.blur(4))
    a.ell(486, 492, 24, 24, a.rad(light(s, .8), s, dark(s, .5), cx=.35, cy=.3, r=.8))
    a.ell(486, 492, 11, 11, a.rad(dark(s, .2), dark(s, .6)))
    a.line("M478,489L494,495", COAL, 2.5)
    # leather loop around the closed blades
    a.tube("M480,200C440,260 430,340 452,402C490,420 520,414 532,396C548,330 530,250 480,200", 7, WALNUT)
    a.tube("M448,392C480,414 520,410 536,386", 16, WALNUT, gloss=.2)
    a.peg(480)
    a.line("M462,206C470,222 490,222 498,206", WALNUT, 6)


@product("terracotta-pot", "Garden")
def pot(a):
    cx, c = 470, TERRA
    a.ground(cx, 154, tall=300, y=768)
    leafc = "#7f9a63"
    a.mouth(cx, 508, 158, c, 12, "#4a372c")
    for ang, n in ((-158, 120), (-24, 125), (-140, 170), (-42, 170), (-118, 205), (-64, 205), (-92, 225), (-76, 150),
                   (-105, 150)):
        t = math.radians(ang)
        x1, y1 = cx + n * 1.15 * math.cos(t), 500 + n * 1.25 * math.sin(t)
        a.sprig([(cx + 10 * math.cos(t), 505), ((cx + x1) / 2 + 8, (505 + y1) / 2 - 20), (x1, y1)],
                mix(leafc, a.rnd.choice([MOSS, "#a5b886"]), a.rnd.uniform(0, .6)), 62, .34, 4, 4, 5)
    sau = spline(corners((172, 738), (178, 742), (170, 762), (150, 768)))
    a.ell(cx, 738, 172, 172 * TILT, dark(c, .5))
    body = spline(corners((140, 560), (104, 745)))
    a.lathe(cx, body, c, gloss=.04, hard=8, raw=True)
    a.lathe(cx, sau, c, gloss=.06, hard=8, raw=True, ao=False, span=(-1, 1))
    # the saucer's far lip belongs behind the pot: draw the pot's foot again inside it
    rim = spline(corners((158, 508), (160, 512), (156, 574), (148, 580)))
    a.path(f"M{cx - 139},592q139,46 278,0v14q-139,46 -278,0Z", dark(c, 1), opacity=.4, filter=a.blur(7))
    a.lathe(cx, rim, c, gloss=.06, hard=8, raw=True, ao=False)
    for _ in range(14):
        x, y = a.rnd.uniform(cx - 110, cx + 90), a.rnd.uniform(600, 730)
        a.ell(x, y, a.rnd.uniform(14, 36), a.rnd.uniform(8, 18), "#f6e3d2", opacity=.10, filter=a.blur(7))
    for ang, n in ((-172, 118), (-8, 120), (-150, 70), (-30, 74), (-95, 66)):
        t = math.radians(ang)
        x1, y1 = cx + n * 1.3 * math.cos(t), 492 + n * .9 * math.sin(t)
        a.sprig([(cx + 60 * math.cos(t), 508), ((cx + x1) / 2 + 30 * math.cos(t), 480), (x1, y1)], leafc, 56, .36, 4, 4, 4)


@product("seed-packet", "Garden")
def seeds(a):
    a.ground(470, 150, y=772, tall=330, k=.08)

    def packet(x, y, w, h, turn, c, kind):
        with a.group(transform=f"rotate({turn} {x + w / 2} {y + h})"):
            d = rounded(x, y, w, h, 5)
            a.behind(d, 16, 10, 10, .34)
            a.puff(d, CREAM, 7, lo=.20, hi=.5)
            a.path(f"M{x},{y + 6}q0,-6 6,-6h{w - 12}q6,0 6,6v40h-{w}Z", a.lin(light(c, .2), c, dark(c, .2)))
            a.line(f"M{x + 2},{y + 46}H{x + w - 2}", dark(c, .5), 1.6, opacity=.5)
            a.path(rounded(x + 16, y + 62, w - 32, h - 78, 3), "none", stroke=c, stroke_width=1.8, opacity=.8)
            cx = x + w / 2
            if kind == "poppy":
                for dx, yy, r in ((-44, 195, 34), (40, 170, 40), (4, 258, 28)):
                    fx, fy = cx + dx, y + yy
                    a.line(f"M{fx},{fy}C{fx},{fy + 60} {cx},{y + h - 120} {cx},{y + h - 92}", MOSS, 3)
                    for t in range(5):
                        an = math.radians(t * 72 - 90)
                        a.ell(fx + r * .5 * math.cos(an), fy + r * .5 * math.sin(an), r * .62, r * .56,
                              a.rad(light(c, .25), c, dark(c, .15)), opacity=.95)
                    a.ell(fx, fy, r * .26, r * .26, "#3d3526")
                    for t in range(9):
                        an = math.radians(t * 40)
                        a.ell(fx + r * .38 * math.cos(an), fy + r * .38 * math.sin(an), 1.8, 1.8, MUSTARD)
                for s in (-1, 1):
                    a.leaf(cx, y + h - 104, -90 + s * 42, 74, 12, LEAF)
            else:
                for dx, yy in ((-30, 220), (30, 190), (0, 262)):
                    a.line(f"M{cx + dx},{y + yy}Q{cx + dx * .4},{y + 300} {cx},{y + h - 92}", MOSS, 3)
                    for t in range(10):
                        an = t * 36
                        a.leaf(cx + dx, y + yy, an, 36, 7, c)
                    a.ell(cx + dx, y + yy, 10, 10, MUSTARD)
            a.text(cx, y + h - 44, "POPPY" if kind == "poppy" else "ASTER", 27, RUST if kind == "poppy" else INK, 4)
            a.path(f"M{x},{y}L{x + w * .55},{y}L{x + w * .2},{y + h}L{x},{y + h}Z", "#fff", opacity=.12)
    packet(488, 384, 222, 380, 10, "#7f86ae", "aster")
    packet(292, 356, 240, 412, -4, "#c9543c", "poppy")
    for _ in range(34):
        x, y = a.rnd.gauss(700, 50), a.rnd.uniform(796, 846)
        a.ell(x + 2, y + 3, 4.5, 2.2, dark(a.table, 1), opacity=.4)
        a.ell(x, y, 4.2, 3.2, a.rad("#8a7565", "#3b2f28", cx=.35, cy=.3, r=.8))


@product("garden-twine", "Garden")
def twine(a):
    c = "#b98f57"
    a.ground(450, 96, tall=260, y=752, k=.2)
    a.tube("M560,760C640,800 690,740 760,782C820,816 850,780 870,800", 7, c, gloss=.1)
    cx, cy, r = 450, 600, 172
    d = a.oval(cx, cy, r, r)
    a.path(d, a.rad((0, light(c, .45)), (.4, c), (.8, dark(c, .5)), (1, dark(c, .85)), cx=.34, cy=.28, r=.82))
    with a.group(clip_path=a.clip(d)):
        for turn, n, o in ((24, 30, .5), (-38, 26, .6), (78, 16, 0.9)):
            with a.group(transform=f"rotate({turn} {cx} {cy})", opacity=o):
                for i in range(n):
                    v = -1 + 2 * (i + .5) / n
                    if turn == 78:
                        v *= .42
                    w = math.sqrt(max(0.02, 1 - v * v))
                    y = cy + r * v * .98
                    bow = 46 * (v + .35)
                    p = f"M{cx - r * w},{y}Q{cx},{y + bow} {cx + r * w},{y}"
                    t = mix(light(c, .25), dark(c, .4), min(1, max(0, .5 + v * .55)))
                    a.line(p, dark(c, .8), 9, opacity=.55)
                    a.line(p, t, 6.5, transform="translate(-1,-1.5)")
                    a.line(p, light(c, .6), 1.6, opacity=.5, stroke_dasharray="5 6", transform="translate(-1.5,-3)")
        a.path(d, a.rad((0, "#fff4dc", .40), (.4, "#fff4dc", 0), (.62, "#2c1a0c", .10), (1, "#2c1a0c", .62), cx=.34,
                        cy=.28, r=.82))
    band = f"M{cx - 168},{cy - 36}C{cx - 90},{cy + 16} {cx + 90},{cy + 16} {cx + 168},{cy - 36}V{cy + 34}C{cx + 90},{cy + 86} {cx - 90},{cy + 86} {cx - 168},{cy + 34}Z"
    with a.group(clip_path=a.clip(d)):
        a.path(band, dark(c, 1), opacity=.5, filter=a.blur(5), transform="translate(2,5)")
        a.path(band, a.lin((0, dark(CREAM, .12)), (.3, light(CREAM, .6)), (.6, CREAM), (1, dark(CREAM, .55))))
    a.text(cx, cy + 52, "JUTE", 36, MOSS, 10)


@product("hand-trowel", "Garden")
def trowel(a):
    a.rail([250, 480, 710])
    s = "#b58a5c"
    blade = "M428,520C424,600 430,700 480,812C530,700 536,600 532,520C520,500 440,500 428,520Z"
    handle = "M458,262C456,240 504,240 502,262C512,300 508,380 500,420H460C452,380 448,300 458,262Z"
    for d in (blade, handle):
        a.behind(d, 28, 26, 14, .30)
    a.path(blade, a.lin(light(s, .55), s, dark(s, .45), light(s, .15), dark(s, .2)))
    with a.group(clip_path=a.clip(blade)):
        a.path("M480,500C462,600 462,700 480,830L560,800V500Z", dark(s, .6), opacity=.35, filter=a.blur(12))
        a.line("M446,530C444,610 450,690 474,770", "#fff", 8, opacity=.5, filter=a.blur(4))
    a.line(blade, light(s, .5), 2, opacity=.6)
    a.tube("M480,420V500C480,516 480,524 480,540", 18, s)
    a.puff(handle, BEECH, 16, hi=.6)
    a.grain(handle, BEECH, 10, box=(445, 240, 70, 185), o=.32)
    a.path("M457,404H503L500,432H460Z", a.lin(light(s, .6), s, dark(s, .5)))
    a.ell(480, 268, 7, 7, dark(BEECH, .8))
    a.tube("M480,200C466,230 470,256 478,268M480,200C494,230 490,256 482,268", 5, WALNUT)


# ---------------------------------------------------------------- Apparel
@product("linen-apron", "Apparel")
def apron(a):
    a.rail([250, 480, 710])
    c = "#7d8f86"
    a.tube("M404,330C420,270 462,230 480,204C498,230 540,270 556,330", 13, dark(c, .08), gloss=0)
    a.tube("M318,516C250,530 236,600 250,700", 9, dark(c, .1), gloss=0)
    a.tube("M642,516C710,530 724,600 708,690", 9, dark(c, .1), gloss=0)
    d = ("M398,318C440,330 520,330 562,318C572,400 590,470 646,510C664,620 664,720 668,826C600,838 540,828 480,836"
         "C420,828 360,838 292,826C296,720 296,620 314,510C370,470 388,400 398,318Z")
    a.behind(d, 34, 28, 20, .32)
    a.puff(d, c, 22, a.linen(c, 6), lo=.32, hi=.42)
    a.folds(d, c, ["M392,560C372,660 384,740 372,850", "M574,560C596,660 580,740 592,850", "M480,700C474,760 486,800 480,850"],
            26, 13, .26)
    with a.group(clip_path=a.clip(d)):
        a.line("M390,338C440,350 520,350 570,338", dark(c, .6), 2, opacity=.5, stroke_dasharray="7 5")
        a.line("M280,808C380,822 580,822 680,808", dark(c, .6), 2, opacity=.5, stroke_dasharray="7 5")
    pk = "M366,566C440,572 520,572 594,566L598,690Q598,704 584,705C520,710 440,710 378,705Q362,704 362,690Z"
    a.path(pk, dark(c, 1), opacity=.4, filter=a.blur(5), transform="translate(3,6)")
    a.puff(pk, c, 9, a.linen(c, 6), lo=.24, hi=.5)
    a.line("M374,582C440,588 520,588 586,582", dark(c, .6), 2, opacity=.5, stroke_dasharray="7 5")
    a.line("M480,572V708", dark(c, .6), 2, opacity=.5, stroke_dasharray="7 5")
    a.peg(480)
    a.line("M464,204C470,220 490,220 496,204", dark(c, .15), 11)


@product("canvas-tote", "Apparel")
def tote(a):
    a.rail([250, 480, 710])
    c = "#e3d6bb"
    a.tube("M398,462C400,360 452,250 480,204C508,250 560,360 562,462", 22, dark(c, .16), gloss=0)
    d = "M300,444C400,452 560,452 660,444C668,560 676,680 672,800Q670,826 644,828C540,836 420,836 316,828Q290,826 288,800C284,680 292,560 300,444Z"
    a.behind(d, 36, 26, 20, .34)
    a.puff(d, c, 24, a.linen(c, 7), lo=.30, hi=.5)
    a.folds(d, c, ["M340,470C360,560 330,640 350,740", "M620,470C600,570 632,660 610,760", "M430,830C440,790 420,770 400,750",
                   "M560,830C550,800 570,780 590,760"], 22, 12, .20)
    a.line("M300,474C400,482 560,482 660,474", dark(c, .6), 2, opacity=.5, stroke_dasharray="7 5")
    a.tube("M392,500C390,380 446,262 478,214M568,500C570,380 514,262 482,214", 24, c, gloss=0)
    for x in (392, 568):
        a.line(f"M{x - 8},466l16,30M{x + 8},466l-16,30", dark(c, .6), 1.8, opacity=.5)
    # a printed meadow
    with a.group(opacity=.9):
        for x, hgt, lean in ((404, 130, -18), (436, 180, -8), (470, 150, 6), (500, 196, 4), (532, 160, 14), (560, 120, 22)):
            a.line(f"M{x},740Q{x},{740 - hgt * .5} {x + lean},{740 - hgt}", MOSS, 3.4)
            a.leaf(x, 716, -60 if lean > 0 else -120, 46, 9, MOSS)
        for x, y, r, cc in ((386, 610, 16, RUST), (476, 590, 14, MUSTARD), (546, 580, 17, RUST)):
            for t in range(8):
                a.leaf(x, y, t * 45, r * 1.5, r * .42, cc)
            a.ell(x, y, r * .4, r * .4, WALNUT)
        for x, y in ((428, 560), (504, 544), (582, 620)):
            for j in range(6):
                a.leaf(x, y + j * 10, -60, 20, 5, MUSTARD)
                a.leaf(x, y + j * 10, -120, 20, 5, MUSTARD)
    with a.group(clip_path=a.clip(d)):
        a.path(d, a.linen(c, 7), opacity=.8)
    a.peg(480)
    a.line("M458,212C466,226 494,226 502,212", c, 18)


@product("lambswool-sweater", "Apparel")
def sweater(a):
    a.rail([250, 480, 710])
    c = "#c28d5b"
    # hanger
    a.line("M480,290C480,262 500,262 500,244C500,226 470,226 472,246", dark(STEEL, .55), 6)
    a.tube("M340,350C420,300 440,292 480,286C520,292 540,300 620,350", 18, BEECH)
    back = "M420,300C450,316 510,316 540,300L552,340C510,360 450,360 408,340Z"
    a.path(back, dark(c, .55))
    a.path(back, a.rib(c, 10))
    la = "M372,318C310,336 272,380 256,470C240,570 226,660 222,744C244,760 276,762 300,752C318,660 330,580 352,500Z"
    ra = "M588,318C650,336 688,380 704,470C720,570 734,660 738,744C716,760 684,762 660,752C642,660 630,580 608,500Z"
    body = ("M412,300C392,308 376,314 356,324C336,400 346,560 340,770C420,786 540,786 620,770C614,560 624,400 604,324"
            "C584,314 568,308 548,300C534,352 426,352 412,300Z")
    knit = a.knit(c, 15, 13)
    for d in (la, ra, body):
        a.behind(d, 34, 28, 20, .28)
    def cuffs():
        q = "M200,704L330,716V780H200ZM760,704L630,716V780H760Z"
        a.path(q, c)
        a.path(q, a.rib(c))
        a.line("M200,704L330,716M760,704L630,716", dark(c, .9), 4, opacity=.3, filter=a.blur(2))
    for d in (la, ra):
        a.puff(d, c, 24, knit, lo=.34, hi=.42, paint=cuffs)
    a.path(body, dark(c, 1), opacity=.35, filter=a.blur(9))

    def front():
        hem = "M320,716C420,730 540,730 640,716V800H320Z"
        a.path(hem, c)
        a.path(hem, a.rib(c))
        a.line("M320,716C420,730 540,730 640,716", dark(c, .9), 5, opacity=.35, filter=a.blur(2))
        # three cables: two strands that cross and cross again
        for x in (404, 480, 556):
            a.path(f"M{x - 24},300H{x + 24}V718H{x - 24}Z", dark(c, .4), opacity=.28, filter=a.blur(3))
            for ph in (0, math.pi):
                p = poly([(x + 11 * math.sin(t / 3 + ph), 330 + t * 6.2) for t in range(0, 63)], False)
                a.line(p, dark(c, .8), 13, opacity=.42)
                a.line(p, light(c, .12), 10, transform="translate(-.5,-1)")
                a.line(p, light(c, .5), 3, opacity=.55, transform="translate(-2,-1.5)", stroke_dasharray="7 4")
    a.puff(body, c, 26, knit, lo=.30, hi=.42, paint=front)
    a.folds(body, c, ["M366,520C390,600 372,660 380,720", "M598,500C576,600 592,660 586,720"], 22, 12, .22)
    neck = "M412,300C426,352 534,352 548,300L562,306C552,376 408,376 398,306Z"
    a.path(neck, dark(c, 1), opacity=.4, filter=a.blur(4), transform="translate(1,4)")
    a.puff(neck, c, 7, a.rib(c, 10), lo=.25)
    a.peg(480, 206)
    a.line("M472,250C468,222 500,222 500,246", dark(STEEL, .5), 6)
    a.line("M471,249C467,221 499,221 499,245", light(STEEL, .6), 1.8)


@product("merino-beanie", "Apparel")
def beanie(a):
    c = "#6b7f8c"
    a.ground(480, 190, y=766, tall=230, k=.13)
    d = "M284,660C276,470 350,350 480,346C610,350 684,470 676,660C620,690 340,690 284,660Z"
    a.puff(d, c, 54, lo=.36, hi=.4)
    with a.group(clip_path=a.clip(d)):
        for i in range(-9, 10):
            x = 480 + 196 * math.sin(i / 10 * 1.5)
            p = f"M{480 + i * 1.5},344C{480 + (x - 480) * .75},390 {x},520 {x},700"
            a.line(p, dark(c, .9), 7, opacity=.34, filter=a.blur(2))
            a.line(p, light(c, .5), 6, opacity=.22, filter=a.blur(2), transform="translate(11,0)")
        a.path(d, a.knit(c, 11, 10), opacity=.6)
    a.ell(480, 352, 22, 9, dark(c, .3), opacity=.8, filter=a.blur(3))
    # turned-up cuff
    cuff = "M268,610C266,600 272,594 282,598C400,640 560,640 678,598C688,594 694,600 692,610C698,660 696,710 690,750C686,768 676,770 664,774C560,806 400,806 296,774C284,770 274,768 270,750C264,710 262,660 268,610Z"
    a.path(cuff, dark(c, 1), opacity=.5, filter=a.blur(7), transform="translate(2,-5)")
    a.puff(cuff, c, 26, lo=.38, hi=.45)
    with a.group(clip_path=a.clip(cuff)):
        for i in range(-13, 14):
            x = 480 + 216 * math.sin(i / 14 * 1.5)
            w = 9 * math.cos(i / 14 * 1.4) + 2
            p = f"M{x},590C{x + (x - 480) * .02},660 {x},730 {x - (x - 480) * .02},810"
            a.line(p, dark(c, .9), w, opacity=.36, filter=a.blur(1.5))
            a.line(p, light(c, .6), w * .7, opacity=.26, filter=a.blur(1.5), transform="translate(%.1f,0)" % (w * .95))
        a.path(cuff, a.knit(c, 10, 9), opacity=.45)
    lab = rounded(540, 676, 62, 40, 4)
    a.path(lab, WALNUT, transform="rotate(-3 570 700)")
    a.path(rounded(545, 681, 52, 30, 2), "none", stroke=light(WALNUT, .5), stroke_width=1.4, stroke_dasharray="4 3",
           transform="rotate(-3 570 700)")
    a.leaf(554, 698, -8, 34, 7, light(WALNUT, .45))


@product("wool-socks", "Apparel")
def socks(a):
    a.rail([250, 480, 710])
    c, t = "#a9a48f", RUST
    a.line("M250,214C330,258 630,258 710,214", dark(LINEN, .9), 5, opacity=.3, transform="translate(8,12)", filter=a.blur(4))
    a.tube("M250,206C330,250 630,250 710,206", 6, LINEN, gloss=.1)

    def sock(x, y, flip):
        with a.group(transform=f"translate({x},{y}) rotate({flip})"):
            d = ("M0,0C40,6 80,6 118,0C122,110 112,220 124,300C136,350 196,384 238,412C270,440 262,486 222,494"
                 "C160,504 70,470 24,426C-8,392 2,330 6,280C12,190 0,90 0,0Z")
            a.behind(d, 28, 24, 14, .32)

            def paint():
                for q in ("M190,360C196,420 180,470 160,520H300V360Z", "M-20,330C40,330 76,380 66,470L-20,480Z"):
                    a.path(q, t, opacity=.9)
                    a.path(q, a.knit(t, 13, 11))
                a.path("M-10,-10H140V66H-10Z", c)
                a.path("M-10,-10H140V66H-10Z", a.rib(c, 12))
                a.path("M-10,22H140V40H-10Z", t, opacity=.75)
                for yy in (104, 128):
                    a.path(f"M-10,{yy}q70,8 150,0v12q-70,8 -150,0Z", CREAM, opacity=.75)
            a.puff(d, c, 22, a.knit(c, 13, 11), lo=.32, hi=.40, paint=paint)
    sock(330, 262, 3)
    sock(520, 264, -2)
    for x, y in ((388, 246), (578, 247)):
        with a.group(transform=f"translate({x},{y})"):
            a.path("M-9,-30Q0,-36 9,-30L7,50H-7Z", dark(BEECH, .9), opacity=.35, transform="translate(6,8)",
                   filter=a.blur(4))
            a.path("M-9,-30Q0,-36 9,-30L7,50H-7Z", a.lin(light(BEECH, .5), BEECH, dark(BEECH, .35)))
            a.line("M0,8V50", dark(BEECH, .8), 2.4)
            a.line("M-9,0H9", STEEL, 5)


# ---------------------------------------------------------------- the press
def press(name, svg_dir=None):
    category, fn = PRODUCTS[name]
    a = Art(name, category)
    fn(a)
    with tempfile.TemporaryDirectory() as tmp:
        svg, png = Path(tmp, name + ".svg"), Path(tmp, name + ".png")
        svg.write_text(a.svg(), encoding="utf-8")
        if svg_dir:
            shutil.copy(svg, Path(svg_dir, svg.name))
        subprocess.run([os.environ.get("CHROMIUM", "chromium"), "--headless", "--no-sandbox", "--disable-gpu",
                        "--disable-background-networking", "--no-first-run", "--hide-scrollbars",
                        "--force-color-profile=srgb", "--user-data-dir=" + tmp + "/profile",
                        "--window-size=%d,%d" % (SIZE, SIZE), "--screenshot=%s" % png, svg.as_uri()],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
        out = HERE / "pictures" / (name + ".jpg")
        out.parent.mkdir(exist_ok=True)
        for quality in (82, 78, 74, 70):        # knitted things need the lower ones
            subprocess.run(["convert", str(png), "-strip", "-sampling-factor", "4:2:0", "-interlace", "JPEG",
                            "-quality", str(quality), str(out)], check=True)
            if out.stat().st_size <= 45_000:
                break
    return "%6.1f KB  %s" % (out.stat().st_size / 1000, out.name)


def main(args):
    svg_dir = None
    if args[:1] == ["--svg"]:
        svg_dir, args = args[1], args[2:]
        Path(svg_dir).mkdir(parents=True, exist_ok=True)
    names = [n for n in PRODUCTS if not args or any(x in n for x in args)]
    with ThreadPoolExecutor(2) as pool:
        for line in pool.map(lambda n: press(n, svg_dir), names):
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
