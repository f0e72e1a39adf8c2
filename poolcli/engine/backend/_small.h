/* Windows of a few floats or bytes, where processors have AVX2. What the compiler makes of plain loops
   takes twice as many instructions. */

namespace {

constexpr ptrdiff_t VECTOR = 8; /* numbers */
constexpr ptrdiff_t SMALL = 1 << 16; /* bytes of a row, of which a copy is made */
/* Bytes of pixels and results that do not stay in a cache. Written past it, means of 2 x 2 of 128 MB
   take 0.8 of the time: memory is not read first that is overwritten. At stride 1, where results
   are many and rows seldom begin where vectors do, it took 1.1 times as long. */
constexpr ptrdiff_t UNCACHED = 12 << 20;
constexpr ptrdiff_t EDGES = 4;       /* cells of a row whose windows differ from the others */

/* What is done with totals: nothing, or they are multiplied with a number, or divided by it. */
enum { KEEP, TIMES, OVER };

/* Rows of windows of floats, of which eight columns or windows are folded at once. Each row sees
   `rows` rows of `pixels` numbers, which begin row[i] bytes further on. Its windows have `width`
   numbers, `tap` apart: there are `length` of them, `stride` apart, from number `first` on, and what
   they become goes to number `cell` and so on. Edges are one window for each channel. There are
   `count` rows of windows, `window` bytes apart in memory, and their results are `next` bytes apart.
   `line` is memory for a row. */
struct Small {
    struct Across {
        ptrdiff_t first, width, tap, cell, length, stride;
    };
    ptrdiff_t rows, row[MOST], pixels, count, window, next;
    Across all;
    ptrdiff_t edges;
    Across edge[EDGES];
    char *line;
    bool past; /* results are written past the caches, which they would not stay in */
};

/* Fold all, and do with totals what `division` says; whether they are finite then. There is a number
   for each cell, the same for all but edges. */
using FoldSmall = bool (*)(const char *x, const Small &at, int division, const void *numbers,
                           char *out);

/* Whether there is such a function for windows of `width` numbers at a stride. */
bool is_small(ptrdiff_t width, ptrdiff_t stride)
{
    return stride == 4 ? width == 4 : (stride == 1 || stride == 2) && (width == 2 || width == 3);
}

/* Rows of means of 2 x 2 bytes to the nearest; halves go to the even one if `even`, else up. There are
   `count` rows of `length` bytes of up to MOST interleaved channels. */
struct Quarters {
    ptrdiff_t channels, count, length;
    bool even;
    ptrdiff_t second, window, next; /* bytes to the second row of a window, and to others */
};

#ifdef WIDE

using Vector = __m256;

WIDE_INLINE Vector load(const float *x) { return _mm256_loadu_ps(x); }

template <class M> WIDE_INLINE Vector merge(Vector a, Vector b)
{
    if constexpr (std::is_same_v<M, Add>)
        return _mm256_add_ps(a, b);
    Vector extreme = std::is_same_v<M, Max> ? _mm256_max_ps(a, b) : _mm256_min_ps(a, b);
    return _mm256_blendv_ps(extreme, a, _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}

/* T(rows) of eight columns. */
template <class M, int rows> WIDE_INLINE Vector column(const char *const *row, ptrdiff_t at)
{
    auto pixels = [=](int i) WIDE { return load(numbers<float>(row[i]) + at); };
    Vector first = merge<M>(pixels(0), pixels(1));
    if constexpr (rows == 3)
        return merge<M>(first, pixels(2));
    if constexpr (rows == 4)
        return merge<M>(first, merge<M>(pixels(2), pixels(3)));
    return first;
}

/* Neighbours of two vectors: 0 + 1, 2 + 3, 8 + 9, 10 + 11, and 4 + 5, 6 + 7, 12 + 13, 14 + 15. */
template <class M> WIDE_INLINE Vector pairs(Vector a, Vector b)
{
    return merge<M>(_mm256_shuffle_ps(a, b, 0x88), _mm256_shuffle_ps(a, b, 0xDD));
}

/* T(width) of eight windows of a line. */
template <class M, int width, int stride> WIDE_INLINE Vector across(const float *x, ptrdiff_t tap)
{
    if constexpr (stride == 1) {
        Vector two = merge<M>(load(x), load(x + tap));
        return width == 2 ? two : merge<M>(two, load(x + 2 * tap));
    }
    Vector states = pairs<M>(load(x), load(x + VECTOR));
    if constexpr (width == 4) {
        states = pairs<M>(states, pairs<M>(load(x + 2 * VECTOR), load(x + 3 * VECTOR)));
        return _mm256_permutevar8x32_ps(states, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    }
    if constexpr (width == 3)
        states = merge<M>(
            states, _mm256_shuffle_ps(load(x + 1), load(x + VECTOR + 1), 0xDD));
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(states), 0xD8));
}

/* Write a number, past the caches if `past`. */
INLINE void put(float *out, float value, bool past)
{
    int bits;
    std::memcpy(&bits, &value, sizeof bits);
    if (past)
        _mm_stream_si32(reinterpret_cast<int *>(out), bits);
    else
        *out = value;
}

template <class M, int rows>
WIDE void fold_columns(const char *x, const ptrdiff_t *offsets, ptrdiff_t length, float *line)
{
    const char *row[rows];
    EACH(i, rows) {
        row[i] = x + offsets[i];
        touch(row[i], length * ptrdiff_t(sizeof(float)));
    }
    auto fold = [&](ptrdiff_t at) WIDE { _mm256_storeu_ps(line + at, column<M, rows>(row, at)); };
    ptrdiff_t i = 0;
    for (; i <= length - VECTOR; i += VECTOR) fold(i);
    if (i < length)
        fold(length - VECTOR); /* some once more */
}

template <class M, int width, int stride, int division>
WIDE bool fold_line(const float *line, const Small::Across &at, float number, float *out, bool past)
{
    const Vector by = _mm256_set1_ps(number);
    Vector endless = _mm256_setzero_ps();
    const ptrdiff_t tap = at.tap, last = at.length - VECTOR;
    line += at.first;
    out += at.cell;
    auto fold = [&](ptrdiff_t i) WIDE {
        Vector value = across<M, width, stride>(line + i * stride, tap);
        if constexpr (division != KEEP) {
            value = division == TIMES ? _mm256_mul_ps(value, by) : _mm256_div_ps(value, by);
            endless = _mm256_or_ps(endless, _mm256_sub_ps(value, value));
        }
        return value;
    };
    auto put_some = [&](ptrdiff_t from, ptrdiff_t i, ptrdiff_t end) WIDE {
        float values[VECTOR];
        _mm256_storeu_ps(values, fold(from));
        for (; i < end; i++) put(out + i, values[i - from], true);
    };
    ptrdiff_t i = 0;
    if (past) {
        i = -(reinterpret_cast<intptr_t>(out) / 4) & 3; /* where 16 bytes begin */
        put_some(0, 0, i);
        for (; i <= last; i += VECTOR) {
            Vector value = fold(i);
            _mm_stream_ps(out + i, _mm256_castps256_ps128(value));
            _mm_stream_ps(out + i + 4, _mm256_extractf128_ps(value, 1));
        }
        put_some(last, i, at.length);
    } else {
        for (; i <= last; i += VECTOR) _mm256_storeu_ps(out + i, fold(i));
        if (i < at.length)
            _mm256_storeu_ps(out + last, fold(last)); /* some once more */
    }
    return _mm256_testz_si256(_mm256_castps_si256(endless), _mm256_castps_si256(endless));
}

template <class M, int division>
bool fold_edge(const float *line, const Small::Across &at, float number, float *out, bool past)
{
    bool finite = true;
    for (ptrdiff_t i = 0; i < at.length; i++) {
        const float *x = line + at.first + i;
        auto tap = [=](int n) { return x[n * at.tap]; };
        float value = at.width == 1   ? x[0]
                      : at.width == 2 ? tree<2, M>(tap)
                      : at.width == 3 ? tree<3, M>(tap)
                                      : tree<4, M>(tap);
        value = division == TIMES ? value * number : division == OVER ? value / number : value;
        finite &= division == KEEP || value - value == 0;
        put(out + at.cell + i, value, past);
    }
    return finite;
}

template <class M> auto columns_of(ptrdiff_t rows)
{
    return rows == 2 ? fold_columns<M, 2> : rows == 3 ? fold_columns<M, 3> : fold_columns<M, 4>;
}

template <class M, int division> auto line_of(ptrdiff_t width, ptrdiff_t stride)
{
    if (stride == 1)
        return width == 2 ? fold_line<M, 2, 1, division> : fold_line<M, 3, 1, division>;
    return width == 2   ? fold_line<M, 2, 2, division>
           : width == 3 ? fold_line<M, 3, 2, division>
                        : fold_line<M, 4, 4, division>;
}

template <class M, int division>
bool fold_small(const char *x, const Small &at, const float *by, char *out)
{
    auto fold_rows = columns_of<M>(at.rows);
    auto fold_all = line_of<M, division>(at.all.width, at.all.stride);
    auto number = [=](const Small::Across &cells) { return division == KEEP ? 0 : by[cells.cell]; };
    bool finite = true;
    for (ptrdiff_t count = at.count; count > 0; count--, x += at.window, out += at.next) {
        const float *line = numbers<float>(at.rows > 1 ? at.line : x + at.row[0]);
        float *to = numbers<float>(out);
        if (at.rows > 1)
            fold_rows(x, at.row, at.pixels, numbers<float>(at.line));
        finite &= fold_all(line, at.all, number(at.all), to, at.past);
        EACH(i, at.edges)
            finite &= fold_edge<M, division>(line, at.edge[i], number(at.edge[i]), to, at.past);
    }
    if (at.past)
        _mm_sfence();
    return finite;
}

template <class M>
bool fold_small(const char *x, const Small &at, int division, const void *numbers, char *out)
{
    auto by = static_cast<const float *>(numbers);
    if constexpr (std::is_same_v<M, Add>) {
        if (division == TIMES)
            return fold_small<M, TIMES>(x, at, by, out);
        if (division == OVER)
            return fold_small<M, OVER>(x, at, by, out);
    }
    return fold_small<M, KEEP>(x, at, by, out);
}

/* The function for a merge of pixels X to states S; none where there is no such, or no such
   processor. */
template <class M, class X, class S> FoldSmall fold_small_of()
{
    constexpr bool merges = std::is_same_v<M, typename M::Again>;
    if constexpr (merges && std::is_same_v<X, float> && std::is_same_v<S, float>)
        if (has_wide())
            return fold_small<M>;
    return nullptr;
}

/* Bytes that are expected ahead: without, 12 million took 1.13 times as long. */
constexpr ptrdiff_t SOON = 768;

/* Bytes of two places. */
WIDE_INLINE __m256i load_two(const char *x, ptrdiff_t apart)
{
    auto half = [=](ptrdiff_t at) WIDE {
        return _mm_loadu_si128(reinterpret_cast<const __m128i *>(x + at));
    };
    return _mm256_inserti128_si256(_mm256_castsi128_si256(half(0)), half(apart), 1);
}

/* Neighbours are put side by side, whose sums are made in one instruction. */
WIDE_INLINE __m256i add_four(const char *x, const char *y, ptrdiff_t apart, __m256i order)
{
    const __m256i one = _mm256_set1_epi8(1);
    auto pairs = [=](const char *row) WIDE {
        return _mm256_maddubs_epi16(_mm256_shuffle_epi8(load_two(row, apart), order), one);
    };
    return _mm256_add_epi16(pairs(x), pairs(y));
}

/* A quarter of sums, with halves up; `tie` is the remainder by 8 of those that go down instead. */
WIDE_INLINE __m256i quarter(__m256i sums, __m256i tie)
{
    __m256i up = _mm256_mulhrs_epi16(sums, _mm256_set1_epi16(1 << 13));
    __m256i rest = _mm256_and_si256(sums, _mm256_set1_epi16(7));
    return _mm256_add_epi16(up, _mm256_cmpeq_epi16(rest, tie));
}

WIDE void mean_of_four(const char *x, const Quarters &at, char *out)
{
    /* of 16 bytes, those of whole pairs of pixels */
    const ptrdiff_t half = at.channels == 3 ? 12 : 16;
    char orders[2][16];
    EACH(i, 16) {
        ptrdiff_t pair = i / 2 / at.channels, channel = i / 2 % at.channels;
        orders[0][i] = static_cast<char>((2 * pair + i % 2) * at.channels + channel);
        orders[1][i] = static_cast<char>(half == 16 || i < 6 ? i : i + 2);
    }
    const __m256i order = load_two(orders[0], 0), close = load_two(orders[1], 0),
                  tie = _mm256_set1_epi16(at.even ? 2 : -1);
    auto average = [=](const char *top, const char *bottom, char *to) WIDE {
        __m256i sums = add_four(top, bottom, 2 * half, order),
                others = add_four(top + half, bottom + half, 2 * half, order);
        __m256i means = _mm256_packus_epi16(quarter(sums, tie), quarter(others, tie));
        means = _mm256_shuffle_epi8(means, close);
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to), _mm256_castsi256_si128(means));
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to + half), _mm256_extracti128_si256(means, 1));
    };
    for (ptrdiff_t row = 0; row < at.count; row++, x += at.window, out += at.next)
        for (ptrdiff_t i = 0; i < at.length; i += 2 * half) {
            const char *top = x + 2 * i, *bottom = top + at.second;
            if (i + half + 16 <= at.length) {
                expect(top + SOON, 1);
                expect(bottom + SOON, 1);
                average(top, bottom, out + i);
                continue;
            }
            char rest[3][64] = {};
            auto size = static_cast<size_t>(std::min(at.length - i, 2 * half));
            std::memcpy(rest[0], top, 2 * size);
            std::memcpy(rest[1], bottom, 2 * size);
            average(rest[0], rest[1], rest[2]);
            std::memcpy(out + i, rest[2], size);
        }
}

#else

template <class M, class X, class S> FoldSmall fold_small_of() { return nullptr; }

void mean_of_four(const char *, const Quarters &, char *) {}

#endif

} /* namespace */
